/** What is on offer, to whoever asks: the signed-out are shown what is public. */
import { t } from '../messages/index.ts';
import { session } from '../session/session.svelte.ts';
import { api, ask, type Schema } from '../api/client.ts';
import { Problem } from '../api/problem.ts';

export async function catalogues(signal: AbortSignal): Promise<Schema<'CatalogueSummary'>[]> {
  const list = session.somebody ? api.GET('/v1/catalogues', { signal }) : api.GET('/v1/public/catalogues', { signal });
  return (await ask(list)).items;
}

export function catalogue(id: string, signal: AbortSignal): Promise<Schema<'CatalogueDetail'>> {
  const params = { path: { id } };
  return ask(
    session.somebody
      ? api.GET('/v1/catalogues/{id}', { params, signal })
      : api.GET('/v1/public/catalogues/{id}', { params, signal }),
  );
}

/** A product as one catalogue offers it, and what else one needs to ask for it. */
export interface Offer {
  product: Schema<'ProductSummary'>;
  plans: Schema<'PlanSummary'>[];
  catalogue: { id: string; name: string };
  /** The catalogue to name in a request for this plan. */
  source: (planId: string) => string;
}

/** The product with every plan that is open to whoever asks, seen from one catalogue. */
export async function offer(catalogueId: string, productId: string, signal: AbortSignal): Promise<Offer> {
  if (!session.somebody) {
    const shelf = await catalogue(catalogueId, signal);
    const product = shelf.products.find(({ id }) => id === productId);
    if (!product) throw new Problem('refused', 404, { type: '/problems/not-found', ...t.problem.noSuchProduct });
    return { product, plans: shelf.plans, catalogue: shelf, source: () => catalogueId };
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
  return { product, plans: product.plans, catalogue: shelf, source };
}
