/** Exporting lists: everything that is listed, whether or not it was read for the page. */
import type { Listed } from '../../state/pages.svelte.ts';

/** The most rows of a file, and the most pages that are read for it. */
export const MOST_ROWS = 1000;
const MOST_PAGES = 20;

/** The rows of a list from its first page on. `more`: there are or may be others. */
export async function everyRow<T>(
  read: (cursor: string | null) => Promise<Listed<T>>,
): Promise<{ rows: T[]; more: boolean }> {
  const rows: T[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page: Listed<T> = await read(cursor);
    rows.push(...page.items);
    cursor = page.next_cursor ?? null;
    if (cursor === null || rows.length >= MOST_ROWS) break;
  }
  return { rows: rows.slice(0, MOST_ROWS), more: cursor !== null || rows.length > MOST_ROWS };
}
