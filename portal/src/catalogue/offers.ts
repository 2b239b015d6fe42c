/** The catalogues and products that the person may see; visitors see the public ones. */
import { t } from '../messages/index.ts';
import { session } from '../session/session.svelte.ts';
import { api, ask, everyPage, type Schema } from '../api/client.ts';
import { Problem } from '../api/problem.ts';

export async function catalogues(signal: AbortSignal): Promise<Schema<'CatalogueSummary'>[]> {
  const { somebody } = session;
  return everyPage((query) =>
    ask(
      somebody
        ? api.GET('/v1/catalogues', { params: { query }, signal })
        : api.GET('/v1/public/catalogues', { params: { query }, signal }),
    ),
  );
}

export function catalogue(id: string, signal: AbortSignal): Promise<Schema<'CatalogueDetail'>> {
  const params = { path: { id } };
  return ask(
    session.somebody
      ? api.GET('/v1/catalogues/{id}', { params, signal })
      : api.GET('/v1/public/catalogues/{id}', { params, signal }),
  );
}

/** A product as one catalogue offers it. */
export interface Offer {
  product: Schema<'ProductSummary'>;
  /** With the expected approval, when somebody is signed in. */
  plans: (Schema<'PlanSummary'> & Partial<Pick<Schema<'OfferedPlan'>, 'approval'>>)[];
  /** True when there are plans that are not shown: the API left them out. */
  more: boolean;
  /** True when it has an OpenAPI document, which those who are signed in may read. */
  documented: boolean;
  catalogue: { id: string; name: string };
  /** The plan that the catalogue recommends. */
  recommended: string | null;
  /** How long people usually take to decide, in seconds; `null` when nobody can say. */
  usualWait: number | null;
  /** The catalogue to name in a request with this plan. */
  source: (planId: string) => string;
}

/** The product with every plan that the person may request, seen from one catalogue. */
export async function offer(catalogueId: string, productId: string, signal: AbortSignal): Promise<Offer> {
  if (!session.somebody) {
    const shelf = await catalogue(catalogueId, signal);
    const product = shelf.products.find(({ id }) => id === productId);
    if (!product) throw new Problem('refused', 404, { type: '/problems/not-found', ...t.problem.noSuchProduct });
    return {
      product,
      plans: shelf.plans,
      more: shelf.more,
      documented: false,
      catalogue: shelf,
      recommended: shelf.recommended_plan_id ?? null,
      usualWait: null,
      source: () => catalogueId,
    };
  }
  const params = { path: { id: productId } };
  const [shelf, product] = await Promise.all([
    catalogue(catalogueId, signal),
    ask(api.GET('/v1/products/{id}', { params, signal })),
  ]);
  const source = (planId: string): string => {
    const offers = product.offers.filter(({ plan_ids }) => plan_ids.includes(planId));
    return (offers.find(({ catalogue_id }) => catalogue_id === catalogueId) ?? offers[0])?.catalogue_id ?? catalogueId;
  };
  const { plans, more, openapi } = product;
  return {
    product,
    plans,
    more,
    documented: openapi != null,
    catalogue: shelf,
    recommended: shelf.recommended_plan_id ?? null,
    usualWait: product.usual_wait_seconds ?? null,
    source,
  };
}
