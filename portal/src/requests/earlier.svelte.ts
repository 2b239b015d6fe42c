/** The history of a request beyond the newest events, which come with the request. */
import type { Schema } from '../api/client.ts';
import { Action } from '../state/action.svelte.ts';

type Event = Schema<'HistoryEntry'>;
type Page = Pick<Schema<'AccessRequestDetail'>, 'history' | 'next_cursor'>;

export class Earlier {
  /** The events that were read, in the order in which they happened. */
  #events = $state.raw<readonly Event[]>([]);
  #cursor = $state.raw<string | null | undefined>();
  readonly more: Action<string, void>;

  /** `read` gets the page that a cursor leads to. */
  constructor(read: (cursor: string) => Promise<Page>) {
    this.more = new Action(async (cursor: string) => {
      const page = await read(cursor);
      this.#events = [...page.history, ...this.#events];
      this.#cursor = page.next_cursor ?? null;
    });
  }

  /** The events before those of `newest`, and with them. The newest page may have moved on since. */
  with(newest: Page): Event[] {
    const known = new Set(newest.history.map(({ id }) => id));
    return [...this.#events.filter(({ id }) => !known.has(id)), ...newest.history];
  }

  /** Where older events go on; `null` when there are none. */
  cursor(newest: Page): string | null {
    return (this.#cursor === undefined ? newest.next_cursor : this.#cursor) ?? null;
  }
}
