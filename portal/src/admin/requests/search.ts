/** Which access requests are looked at: what the page's address says. */
import type { Schema } from '../../api/client.ts';

export const STATUSES = ['pending', 'approved', 'failed', 'rejected', 'withdrawn', 'expired'] as const;
export const ORDERS = ['oldest', 'newest'] as const;
export const FILTERS = ['product', 'app', 'requester'] as const;
/** Narrowings that the API has no index for: they are applied to the rows that were read. */
const NARROWINGS = ['text', 'plan', 'owner', 'from', 'to'] as const;

type Request = Schema<'AccessRequest'>;

export interface Search {
  /** `failed`: approved, and could not be set up. */
  status: Schema<'Status'> | 'failed' | 'all';
  /** Whether only what waits for the person is looked at. */
  queue: 'mine' | 'all';
  /** One filter beside the status: the API has an index for each. */
  filter: { by: (typeof FILTERS)[number]; id: string } | undefined;
  order: (typeof ORDERS)[number];
  /** Words that the requester, the app, the products, the justification or the id contains. */
  text: string;
  /** The id of a plan. */
  plan: string;
  /** The mail address of an owner of products. */
  owner: string;
  /** The first and the last day of submission, such as `2026-11-24`, in the person's time zone. */
  from: string;
  to: string;
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
  const day = (name: 'from' | 'to') => /^\d{4}-\d\d-\d\d$/.exec(query.get(name) ?? '')?.[0] ?? '';
  return {
    status,
    queue: status === 'pending' && query.get('queue') === 'mine' ? 'mine' : 'all',
    filter: by && { by, id: query.get(by) ?? '' },
    order,
    text: query.get('text') ?? '',
    plan: query.get('plan') ?? '',
    owner: query.get('owner') ?? '',
    from: day('from'),
    to: day('to'),
  };
}

/** The query of a search, with its question mark; empty for what is looked at by default. */
export function queryOf(search: Partial<Search>, change: Partial<Search> = {}): string {
  const all = { ...search, ...change };
  const { status = 'pending', queue, filter, order } = all;
  const query = new URLSearchParams();
  if (queue === 'mine' && status === 'pending') query.set('queue', queue);
  if (status !== 'pending') query.set('status', status);
  if (filter) query.set(filter.by, filter.id);
  // An order that was chosen goes with the status that it was chosen for.
  if (order && order !== usual(status) && !(change.status && !change.order)) query.set('order', order);
  for (const name of NARROWINGS) if (all[name]) query.set(name, all[name]);
  return query.size > 0 ? `?${query}` : '';
}

/** The address of a search; with `change` of one like it. */
export function addressOf(search: Partial<Search>, change: Partial<Search> = {}): string {
  return `/admin/access-requests${queryOf(search, change)}`;
}

/** The search as the API takes it. */
export function parameters({ status, queue, filter, order }: Search) {
  const names = { product: 'product_id', app: 'app_id', requester: 'requester' } as const;
  const mine = queue === 'mine' && status === 'pending';
  return {
    ...(mine ? { mine } : status === 'failed' ? { provisioning: status } : status !== 'all' && { status }),
    ...(filter && { [names[filter.by]]: filter.id }),
    order,
  };
}

/** Whether a request has the status that is looked at. */
export function hasStatus({ status }: Search, request: Request): boolean {
  return (
    status === 'all' || (status === 'failed' ? request.provisioning.status === 'failed' : request.status === status)
  );
}

/** Whether rows are left out that the API gives. */
export function isNarrowed(search: Search): boolean {
  return NARROWINGS.some((name) => search[name] !== '');
}

/** Whether a request passes the narrowings. `owned`: the products of the owner who is searched by. */
export function passes(search: Search, request: Request, owned?: ReadonlySet<string>): boolean {
  const { requester, app, items, justification, plan_name, id } = request;
  const names = items.map(({ name, product_id }) => `${name} ${product_id}`);
  const content = [requester.name, requester.email, requester.id, app.name, ...names, plan_name, justification, id];
  const text = content.join('\n').toLowerCase();
  const at = new Date(request.created_at);
  return (
    search.text
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word)) &&
    (search.plan === '' || request.plan_id === search.plan) &&
    (search.owner === '' || items.some(({ product_id }) => owned?.has(product_id))) &&
    (search.from === '' || at >= startOf(search.from)) &&
    (search.to === '' || at < startOf(search.to, 1))
  );
}

/** Whether the list, in its order, is past the days that are looked for when it has come to `request`. */
export function isPast(search: Search, request: Request): boolean {
  const at = new Date(request.created_at);
  return search.order === 'newest'
    ? search.from !== '' && at < startOf(search.from)
    : search.to !== '' && at >= startOf(search.to, 1);
}

/** When a day begins here; `later` so many days later. */
function startOf(day: string, later = 0): Date {
  const start = new Date(`${day}T00:00`);
  start.setDate(start.getDate() + later);
  return start;
}
