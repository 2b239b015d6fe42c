/** The places that the finder leads to. */
import { decides, isAdministrator } from '../admin/owner.ts';
import { api, ask, everyPage, type Schema } from '../api/client.ts';
import { catalogues } from '../catalogue/offers.ts';
import { list } from '../messages/format.ts';
import { t } from '../messages/index.ts';
import { path } from '../router/match.ts';
import { session } from '../session/session.svelte.ts';

export interface Goal {
  href: string;
  name: string;
  /** More about it, in which words are found, too. */
  details: string;
}

export interface Group {
  name: string;
  goals: Goal[];
}

/** Goals of a group that are shown. */
const MOST = 6;

/** Everything but products: read when the finder opens. */
export async function places(signal: AbortSignal): Promise<Group[]> {
  const [all, apps, requests] = await Promise.all([
    catalogues(signal),
    everyPage((query) => ask(api.GET('/v1/apps', { params: { query }, signal }))),
    ask(api.GET('/v1/access-requests', { params: { query: { limit: 100 } }, signal })),
  ]);
  return [
    { name: t.finder.pages, goals: pages() },
    {
      name: t.nav.catalogues,
      goals: all.map(({ id, name, description }) => ({ href: path`/catalogues/${id}`, name, details: description })),
    },
    {
      name: t.nav.apps,
      goals: apps.map(({ id, name, description }) => ({ href: path`/apps/${id}`, name, details: description ?? '' })),
    },
    {
      name: t.nav.requests,
      goals: requests.items.map((request) => ({
        href: path`/access-requests/${request.id}`,
        name: list(request.items.map(({ name }) => name)),
        details: `${t.requests.statuses[request.status]} · ${request.app.name} · ${request.plan_name}`,
      })),
    },
  ];
}

function pages(): Goal[] {
  const consumers = [
    ['/', t.nav.catalogues],
    ['/apps', t.nav.apps],
    ['/access-requests', t.nav.requests],
    ['/apps/new', t.apps.create],
  ] as const;
  const owners = [
    ['/admin', t.finder.admin.overview],
    ['/admin/access-requests', t.finder.admin.requests],
    ['/admin/apps', t.finder.admin.apps],
    ['/admin/products', t.finder.admin.products],
    ['/admin/plans', t.finder.admin.plans],
    ['/admin/catalogues', t.finder.admin.catalogues],
  ] as const;
  const all = isAdministrator(session.me)
    ? [...consumers, ...owners]
    : decides(session.me)
      ? [...consumers, owners[1]]
      : consumers;
  return all.map(([href, name]) => ({ href, name, details: href.startsWith('/admin') ? t.nav.admin : '' }));
}

/** The products that contain every word of `text`; none without a word. */
export async function productsWith(text: string, signal: AbortSignal): Promise<Group> {
  if (text === '') return { name: t.finder.products, goals: [] };
  const query = { q: text, limit: MOST };
  const { items } = await ask(api.GET('/v1/products', { params: { query }, signal }));
  return { name: t.finder.products, goals: items.map(goalOf) };
}

function goalOf({ id, name, description, catalogue_ids }: Schema<'FoundProduct'>): Goal {
  return { href: path`/catalogues/${catalogue_ids[0] ?? ''}/${id}`, name, details: description };
}

/** For API Owners: everybody's requests with `text`. */
export function requestsWith(text: string): Group {
  const href = `/admin/access-requests?${new URLSearchParams({ status: 'all', text })}`;
  return { name: t.nav.admin, goals: [{ href, name: t.finder.everybodys(text), details: '' }] };
}

/** The goals that contain every word of `text`, by group. */
export function having(groups: readonly Group[], text: string): Group[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const has = ({ name, details }: Goal) => words.every((word) => `${name} ${details}`.toLowerCase().includes(word));
  return groups.map(({ name, goals }) => ({ name, goals: goals.filter(has).slice(0, MOST) }));
}
