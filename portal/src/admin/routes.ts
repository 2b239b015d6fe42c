import type { Component } from 'svelte';

import { match } from '../router/match.ts';

/** A page takes the named parts of its address, whichever they are. */
type PageComponent = Component<any>;

type Load = () => Promise<{ default: PageComponent }>;

/** Every page of the Admin Portal; the first that fits is shown. */
const ROUTES: readonly [string, Load][] = [
  ['/admin', () => import('./overview/Overview.svelte')],
  ['/admin/access-requests', () => import('./requests/Requests.svelte')],
  ['/admin/access-requests/:id', () => import('./requests/Request.svelte')],
  ['/admin/apps', () => import('./apps/Apps.svelte')],
  ['/admin/apps/:id', () => import('./apps/App.svelte')],
  ['/admin/apps/:id/grant', () => import('./apps/Grant.svelte')],
  ['/admin/apps/:id/bring-key', () => import('./apps/BringKey.svelte')],
  ['/admin/plans', () => import('./plans/Plans.svelte')],
  ['/admin/plans/new', () => import('./plans/NewPlan.svelte')],
  ['/admin/plans/:id', () => import('./plans/Plan.svelte')],
  ['/admin/products', () => import('./products/Products.svelte')],
  ['/admin/products/new', () => import('./products/NewProduct.svelte')],
  ['/admin/products/:id', () => import('./products/Product.svelte')],
  ['/admin/catalogues', () => import('./catalogues/Catalogues.svelte')],
  ['/admin/catalogues/new', () => import('./catalogues/NewCatalogue.svelte')],
  ['/admin/catalogues/:id', () => import('./catalogues/Catalogue.svelte')],
  ['/admin/settings', () => import('./settings/Settings.svelte')],
];

/** The pages of approvers who are not administrators. */
const OF_APPROVERS = ['/admin/access-requests', '/admin/access-requests/:id'];

/** The page at `path`, for an administrator or an approver. */
export function destination(path: string, administrator: boolean): { params: Record<string, string>; load: Load } {
  for (const [pattern, load] of ROUTES) {
    const params = match(pattern, path);
    if (params && (administrator || OF_APPROVERS.includes(pattern))) return { params, load };
  }
  return { params: {}, load: () => import('../router/NotFound.svelte') };
}
