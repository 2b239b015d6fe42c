/** Which access requests are looked at: what the page's address says. */
import type { Schema } from '../../api/client.ts';

export const STATUSES = ['pending', 'approved', 'rejected', 'withdrawn', 'expired'] as const;
export const ORDERS = ['oldest', 'newest'] as const;
export const FILTERS = ['product', 'app', 'requester'] as const;

export interface Search {
  status: Schema<'Status'> | 'all';
  /** One filter beside the status: the API has an index for each. */
  filter: { by: (typeof FILTERS)[number]; id: string } | undefined;
  order: (typeof ORDERS)[number];
}

/** What waits is a queue, and begins with who has waited longest; everything else is a record. */
function usual(status: Search['status']): Search['order'] {
  return status === 'pending' ? 'oldest' : 'newest';
}

export function fromQuery(query: URLSearchParams): Search {
  const asked = query.get('status');
  const status = asked === 'all' ? asked : (STATUSES.find((status) => status === asked) ?? 'pending');
  const by = FILTERS.find((by) => query.get(by));
  const order = ORDERS.find((order) => order === query.get('order')) ?? usual(status);
  return { status, filter: by && { by, id: query.get(by) ?? '' }, order };
}

/** The address of a search; with `change` of one like it. */
export function addressOf(search: Partial<Search>, change: Partial<Search> = {}): string {
  const { status = 'pending', filter, order } = { ...search, ...change };
  const query = new URLSearchParams();
  if (status !== 'pending') query.set('status', status);
  if (filter) query.set(filter.by, filter.id);
  // An order that was chosen goes with the status that it was chosen for.
  if (order && order !== usual(status) && !(change.status && !change.order)) query.set('order', order);
  return `/admin/access-requests${query.size > 0 ? `?${query}` : ''}`;
}

/** The search as the API takes it. */
export function parameters({ status, filter, order }: Search) {
  const names = { product: 'product_id', app: 'app_id', requester: 'requester' } as const;
  return {
    ...(status !== 'all' && { status }),
    ...(filter && { [names[filter.by]]: filter.id }),
    order,
  };
}
