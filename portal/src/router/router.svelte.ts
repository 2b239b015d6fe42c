/** Where the person is: the browser's address, as state. */

import { inPortal } from './address.ts';

class Router {
  #path = $state(location.pathname);
  #query = $state.raw(new URLSearchParams(location.search));
  /** Counts arrivals by link or button, for what follows from one: focus, scrolling. */
  arrivals = $state(0);

  constructor() {
    window.addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  get path(): string {
    return this.#path;
  }

  get query(): URLSearchParams {
    return this.#query;
  }

  /** Goes to an address of the portal. */
  go(href: string, how: 'push' | 'replace' = 'push'): void {
    const address = inPortal(href, location.href);
    const samePage = address.pathname === location.pathname;
    if (how === 'replace') history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.#read();
    if (!samePage) window.scrollTo(0, 0);
  }

  #read(): void {
    const moved = this.#path !== location.pathname;
    this.#path = location.pathname;
    this.#query = new URLSearchParams(location.search);
    if (moved) this.arrivals += 1;
  }

  /** A click on a link of the portal's own changes the page without loading everything anew. */
  #follow(event: MouseEvent): void {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (event.defaultPrevented || !plain || !(link instanceof HTMLAnchorElement)) return;
    const elsewhere = link.origin !== location.origin || link.target || link.hasAttribute('download');
    // The API and what belongs to the local stack are no pages of the portal.
    if (elsewhere || /^\/(v1|_local)\//.test(link.pathname)) return;
    const withinPage = link.hash && link.pathname === location.pathname && link.search === location.search;
    if (withinPage) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const router = new Router();
