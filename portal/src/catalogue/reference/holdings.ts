/** The credentials of one's own apps that open a product. */
import { api, ask, everyPage, type Schema } from '../../api/client.ts';
import { standing, type Standing } from '../../requests/standing.ts';

export interface Holding {
  app: { id: string; name: string };
  credential: Schema<'Versioned_Credential'>;
}

export interface Access {
  /** The credentials that have opened it, those of the newest requests first. */
  holdings: Holding[];
  /** Requests for it that are not settled. */
  open: { id: string; app: { id: string; name: string }; stands: Standing }[];
}

/** The most apps whose credentials are read. */
const MOST_APPS = 5;

/** One's access to the product `id`, by the latest 100 requests: five apps at most. */
export async function access(id: string, signal: AbortSignal): Promise<Access> {
  const { items } = await ask(api.GET('/v1/access-requests', { params: { query: { limit: 100 } }, signal }));
  const forIt = items.filter(({ product_ids }) => product_ids.includes(id));
  const apps = new Map(
    forIt.filter((request) => standing(request) === 'provisioned').map(({ app }) => [app.id, app] as const),
  );
  const credentials = await Promise.all(
    [...apps.values()].slice(0, MOST_APPS).map(async (app) => {
      const params = (query: { limit: number }) => ({ path: { id: app.id }, query });
      const all = await everyPage((query) =>
        ask(api.GET('/v1/apps/{id}/credentials', { params: params(query), signal })),
      ).catch(() => []);
      const opens = all.filter(({ grants }) =>
        grants.some(({ product_id, status }) => product_id === id && status === 'active'),
      );
      return opens.map((credential) => ({ app, credential }));
    }),
  );
  const open = forIt
    .map((request) => ({ id: request.id, app: request.app, stands: standing(request) }))
    .filter(({ stands }) => stands === 'deciding' || stands === 'pending' || stands === 'queued');
  return { holdings: credentials.flat(), open };
}
