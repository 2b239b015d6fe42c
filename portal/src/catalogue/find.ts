/** Finding products by the API, or for visitors in the browser. */
import { api, ask, type Schema } from '../api/client.ts';
import { session } from '../session/session.svelte.ts';
import { catalogue } from './offers.ts';
import { type Filter, type Found, matching, merge } from './search.ts';

interface Page {
  items: Found[];
  next_cursor: string | null;
}

/** The most characters of a text that the API searches for. */
export const MOST = 200;

/** Rows of a page. */
const PAGE = 20;
/** How often the API is asked for a page: it looks at 500 products at a time. */
const TIMES = 4;

/**
 * A page of the products that match. The API searches for those who are signed in; visitors see the few public
 * catalogues, which are searched here.
 */
export async function find(
  catalogues: readonly Schema<'CatalogueSummary'>[],
  filter: Filter,
  cursor: string | null,
  signal: AbortSignal | null,
): Promise<Page> {
  if (!session.somebody) {
    const shelves = await Promise.all(
      catalogues.map(({ id }) => catalogue(id, signal ?? new AbortController().signal)),
    );
    return { items: matching(merge(shelves), filter), next_cursor: null };
  }
  const names = new Map(catalogues.map(({ id, name }) => [id, name]));
  const wanted = {
    ...(filter.text && { q: filter.text }),
    ...(filter.auth && { auth_method: filter.auth as Schema<'AuthMethod'> }),
    ...(filter.catalogue && { catalogue_id: filter.catalogue }),
  };
  const products: Schema<'FoundProduct'>[] = [];
  let after = cursor;
  for (let time = 0; time < TIMES; time += 1) {
    const query = { ...wanted, limit: PAGE - products.length, ...(after && { cursor: after }) };
    const page: Schema<'Listed_FoundProduct'> = await ask(api.GET('/v1/products', { params: { query }, signal }));
    products.push(...page.items);
    after = page.next_cursor ?? null;
    if (after === null || products.length === PAGE) break;
  }
  const items = products.map(({ catalogue_ids, ...product }) => ({
    product,
    catalogues: catalogue_ids.map((id) => ({ id, name: names.get(id) ?? id })),
  }));
  return { items, next_cursor: after };
}
