/** Reading the access requests of a search. */
import { api, ask, type Schema } from '../../api/client.ts';
import { products } from '../products/products.ts';
import type { Listed } from '../../state/pages.svelte.ts';
import { isNarrowed, isPast, parameters, passes, type Search } from './search.ts';

/** Rows of a page. */
export const PAGE = 25;
/** The rows that the API is asked for at once when many of them are left out, and how often. */
const READ = 100;
const TIMES = 10;

/** Reads a page; `rows` of it where there are as many, {@link PAGE} unless said. */
export type Read = (
  cursor: string | null,
  signal: AbortSignal | null,
  rows?: number,
) => Promise<Listed<Schema<'AccessRequest'>>>;

/**
 * Reads the requests of `search`. Where it narrows the list, one page reads a thousand requests at most: it may have few
 * rows, or none, and a cursor to go on from.
 */
export function reader(search: Search): Read {
  /** The products of the owner who is searched by: read once, before the first page. */
  let owned: ReadonlySet<string> | undefined;
  return async (cursor, signal, rows = PAGE) => {
    const read = (limit: number, after: string | null) => {
      const query = { ...parameters(search), limit, ...(after && { cursor: after }) };
      return ask(api.GET('/v1/admin/access-requests', { params: { query }, signal }));
    };
    if (!isNarrowed(search)) return read(rows, cursor);
    if (search.owner) owned ??= await productsOf(search.owner, signal);
    const items = [];
    let after = cursor;
    for (let time = 0; time < TIMES; time += 1) {
      const page = await read(READ, after);
      items.push(...page.items.filter((request) => passes(search, request, owned)));
      const last = page.items.at(-1);
      after = last && isPast(search, last) ? null : (page.next_cursor ?? null);
      if (after === null || items.length >= rows) break;
    }
    return { items, next_cursor: after };
  };
}

/** The ids of the products that have `address` among their owners. */
async function productsOf(address: string, signal: AbortSignal | null): Promise<ReadonlySet<string>> {
  const all = await products.list(signal ?? new AbortController().signal);
  return new Set(all.filter(({ owners }) => owners?.includes(address)).map(({ id }) => id));
}
