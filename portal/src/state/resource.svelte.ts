/** Something that is read from the API, and what is known of it meanwhile. */
import { untrack } from 'svelte';

import { failed, type Problem } from '../api/problem.ts';

/** From when on a wait is worth a word, in milliseconds. */
const LONG = 4_000;

export class Resource<T> {
  /** What was read; it stays while it is read again. */
  data = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  loading = $state(true);
  slow = $state(false);

  readonly #read: (signal: AbortSignal) => Promise<T>;
  #under_way: AbortController | undefined;

  constructor(read: (signal: AbortSignal) => Promise<T>) {
    this.#read = read;
  }

  /** Reads, or reads again; what is under way is given up. */
  reload = async (): Promise<void> => {
    this.stop();
    const controller = new AbortController();
    this.#under_way = controller;
    this.loading = true;
    const timer = setTimeout(() => (this.slow = true), LONG);
    try {
      const data = await this.#read(controller.signal);
      if (controller.signal.aborted) return;
      this.data = data;
      this.problem = undefined;
    } catch (cause) {
      if (controller.signal.aborted) return;
      this.problem = failed(cause);
    } finally {
      clearTimeout(timer);
      if (!controller.signal.aborted) {
        this.loading = false;
        this.slow = false;
      }
    }
  };

  stop(): void {
    this.#under_way?.abort();
  }
}

/**
 * Reads as long as the calling component lives, and again when the network is back after a failure.
 * `read` is not tracked: a component is made anew for each address.
 */
export function resource<T>(read: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const made = new Resource(read);
  $effect(() => {
    const retry = () => {
      if (made.problem?.kind === 'offline') void made.reload();
    };
    window.addEventListener('online', retry);
    untrack(() => void made.reload());
    return () => {
      window.removeEventListener('online', retry);
      made.stop();
    };
  });
  return made;
}
