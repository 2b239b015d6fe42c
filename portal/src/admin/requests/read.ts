/** Reading the access requests of a search. */
import { api, ask, type Schema } from '../../api/client.ts';
import type { Listed } from '../ui/pages.svelte.ts';
import { isNarrowed, isPast, parameters, passes, type Search } from './search.ts';

/** Rows of a page. */
export const PAGE = 25;
/** The rows that the API is asked for at once when many of them are left out, and how often. */
const READ = 100;
const TIMES = 10;

/**
 * A page of the requests. Where a search narrows the list, one page reads a thousand requests at most: it may have few
 * rows, or none, and a cursor to go on from.
 */
export async function requestsOf(
  search: Search,
  cursor: string | null,
  signal: AbortSignal | null,
): Promise<Listed<Schema<'AccessRequest'>>> {
  const read = (limit: number, after: string | null) => {
    const query = { ...parameters(search), limit, ...(after && { cursor: after }) };
    return ask(api.GET('/v1/admin/access-requests', { params: { query }, signal }));
  };
  if (!isNarrowed(search)) return read(PAGE, cursor);
  const items = [];
  let after = cursor;
  for (let time = 0; time < TIMES; time += 1) {
    const page = await read(READ, after);
    items.push(...page.items.filter((request) => passes(search, request)));
    const last = page.items.at(-1);
    after = last && isPast(search, last) ? null : (page.next_cursor ?? null);
    if (after === null || items.length >= PAGE) break;
  }
  return { items, next_cursor: after };
}
