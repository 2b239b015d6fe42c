/** A list that is read page by page, whose rows may change while they are looked at. */
import { Action } from './action.svelte.ts';
import { focusOn } from './focus.ts';
import { type Resource, resource } from './resource.svelte.ts';

export interface Listed<T> {
  items: T[];
  next_cursor?: string | null;
}

export class Pages<T extends { id: string }> {
  rows = $state.raw<readonly T[]>([]);
  cursor = $state.raw<string | null>(null);
  /** The first page; reading it again begins anew. */
  readonly first: Resource<Listed<T>>;
  readonly more: Action<string, void>;

  /** Call within a component. A row that comes with a later page gets the focus by its element's id, `row-…`. */
  constructor(read: (cursor: string | null, signal: AbortSignal | null) => Promise<Listed<T>>) {
    this.first = resource(async (signal) => {
      const page = await read(null, signal);
      this.rows = page.items;
      this.cursor = page.next_cursor ?? null;
      return page;
    });
    this.more = new Action(async (cursor) => {
      const page = await read(cursor, null);
      const known = new Set(this.rows.map(({ id }) => id));
      const added = page.items.filter(({ id }) => !known.has(id));
      this.rows = [...this.rows, ...added];
      this.cursor = page.next_cursor ?? null;
      if (added[0]) await focusOn(`row-${added[0].id}`);
    });
  }

  /** Puts newer rows in the place of those that are shown. */
  replace(newer: readonly T[]): void {
    const byId = new Map(newer.map((row) => [row.id, row]));
    this.rows = this.rows.map((row) => byId.get(row.id) ?? row);
  }
}
