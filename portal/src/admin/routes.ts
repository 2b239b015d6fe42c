import type { Component } from 'svelte';

import { match } from '../router/match.ts';

/** A page takes the named parts of its address, whichever they are. */
type PageComponent = Component<any>;

type Load = () => Promise<{ default: PageComponent }>;

/** Every page of the Admin Portal; the first that fits is shown. */
const ROUTES: readonly [string, Load][] = [
  ['/admin', () => import('./pages/Overview.svelte')],
  ['/admin/access-requests', () => import('./pages/Requests.svelte')],
  ['/admin/access-requests/:id', () => import('./pages/Request.svelte')],
  ['/admin/apps', () => import('./pages/Apps.svelte')],
  ['/admin/apps/:id', () => import('./pages/App.svelte')],
  ['/admin/apps/:id/grant', () => import('./pages/Grant.svelte')],
  ['/admin/plans', () => import('./pages/Plans.svelte')],
  ['/admin/plans/new', () => import('./pages/NewPlan.svelte')],
  ['/admin/plans/:id', () => import('./pages/Plan.svelte')],
  ['/admin/products', () => import('./pages/Products.svelte')],
  ['/admin/products/new', () => import('./pages/NewProduct.svelte')],
  ['/admin/products/:id', () => import('./pages/Product.svelte')],
  ['/admin/catalogues', () => import('./pages/Catalogues.svelte')],
  ['/admin/catalogues/new', () => import('./pages/NewCatalogue.svelte')],
  ['/admin/catalogues/:id', () => import('./pages/Catalogue.svelte')],
  ['/admin/settings', () => import('./pages/Settings.svelte')],
];

/** The page at `path`. */
export function destination(path: string): { params: Record<string, string>; load: Load } {
  for (const [pattern, load] of ROUTES) {
    const params = match(pattern, path);
    if (params) return { params, load };
  }
  return { params: {}, load: () => import('../pages/NotFound.svelte') };
}
