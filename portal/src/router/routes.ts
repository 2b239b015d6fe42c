import type { Component } from 'svelte';

import { match } from './match.ts';

/** A page takes the named parts of its address, whichever they are. */
type PageComponent = Component<any>;

interface Route {
  pattern: string;
  /** Whether it shows something to somebody who is not signed in. */
  open?: true;
  load: () => Promise<{ default: PageComponent }>;
}

/** Every page; the first that fits is shown. Each is a file of its own, loaded when somebody goes there. */
const ROUTES: readonly Route[] = [
  { pattern: '/', open: true, load: () => import('../catalogue/Catalogues.svelte') },
  { pattern: '/catalogues/:catalogue', open: true, load: () => import('../catalogue/Catalogue.svelte') },
  { pattern: '/catalogues/:catalogue/:product', open: true, load: () => import('../catalogue/Product.svelte') },
  { pattern: '/catalogues/:catalogue/:product/request', load: () => import('../requests/DirectRequest.svelte') },
  { pattern: '/cart', load: () => import('../cart/Cart.svelte') },
  { pattern: '/access-requests', load: () => import('../requests/Requests.svelte') },
  { pattern: '/access-requests/:id', load: () => import('../requests/Request.svelte') },
  { pattern: '/apps', load: () => import('../apps/Apps.svelte') },
  { pattern: '/apps/new', load: () => import('../apps/NewApp.svelte') },
  { pattern: '/apps/:id', load: () => import('../apps/App.svelte') },
  { pattern: '/apps/:id/edit', load: () => import('../apps/EditApp.svelte') },
];

/** Where an address leads. */
export interface Destination {
  open: boolean;
  params: Record<string, string>;
  load: () => Promise<{ default: PageComponent }>;
}

/** The page at `path`. The owners' pages have a table of their own. */
export function destination(path: string): Destination {
  if (/^\/admin(\/|$)/.test(path)) return { open: false, params: {}, load: () => import('../admin/Gate.svelte') };
  for (const { pattern, open, load } of ROUTES) {
    const params = match(pattern, path);
    if (params) return { open: open ?? false, params, load };
  }
  return { open: true, params: {}, load: () => import('./NotFound.svelte') };
}
