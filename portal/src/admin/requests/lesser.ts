/** The plans under which a request can be approved. */
import { api, ask, type Schema } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { plans } from '../plans/plans.ts';

/** What is compared of a plan. */
export type Terms = Pick<
  Schema<'Plan'>,
  'id' | 'name' | 'rate_limit' | 'quota' | 'key_expires_in_seconds' | 'access_expires_in_seconds' | 'scopes'
>;

/**
 * The plans that the catalogues offer with every product of a request and that give no more than the plan that was asked
 * for, which is the first. An approver, who may not read how offerings are managed, chooses from those that they see themselves.
 */
export async function lesserPlans(
  request: Schema<'AccessRequest'>,
  administrator: boolean,
  signal: AbortSignal,
): Promise<Terms[]> {
  const ids = [...new Set(request.items.map(({ catalogue_id }) => catalogue_id))];
  const offered = administrator ? await allOffered(ids, signal) : await seenOffered(ids, signal);
  const askedId = request.asked?.plan_id ?? request.plan_id;
  const asked = offered.find(({ id }) => id === askedId);
  if (!asked) return [];
  return [asked, ...offered.filter((plan) => plan !== asked && isWithin(plan, asked))];
}

async function allOffered(catalogueIds: readonly string[], signal: AbortSignal): Promise<Terms[]> {
  const read = (id: string) => ask(api.GET('/v1/admin/catalogues/{id}', { params: { path: { id } }, signal }));
  const [all, ...catalogues] = await Promise.all([
    plans.list(signal),
    ...catalogueIds.map((id) => unlessGone(read(id))),
  ]);
  return all.filter(({ id }) => catalogues.every((catalogue) => catalogue?.plan_ids?.includes(id)));
}

async function seenOffered(catalogueIds: readonly string[], signal: AbortSignal): Promise<Terms[]> {
  const read = (id: string) => ask(api.GET('/v1/catalogues/{id}', { params: { path: { id } }, signal }));
  const [first, ...others] = await Promise.all(catalogueIds.map((id) => unlessGone(read(id))));
  return (first?.plans ?? []).filter(({ id }) => others.every((catalogue) => catalogue?.plan_ids.includes(id)));
}

/** `undefined` for what was deleted, or is not shown to the person. */
async function unlessGone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (cause) {
    if (cause instanceof Problem && cause.status === 404) return undefined;
    throw cause;
  }
}

/** True when access under `plan` is never more than under `other`, as the API compares them: in limits, lifetimes and scopes. */
export function isWithin(plan: Terms, other: Terms): boolean {
  const limits = (['rate_limit', 'quota'] as const).every((name) => {
    const [own, most] = [plan[name], other[name]];
    if (!most) return true;
    if (!own) return false;
    // As a rate, and at once: 6,000 a minute lets more through in a second than 100 a second.
    return own.requests <= most.requests && own.requests * most.per_seconds <= most.requests * own.per_seconds;
  });
  const lifetimes = (['key_expires_in_seconds', 'access_expires_in_seconds'] as const).every((name) => {
    const [own, most] = [plan[name], other[name]];
    return most == null || (own != null && own <= most);
  });
  return limits && lifetimes && (plan.scopes ?? []).every((scope) => other.scopes?.includes(scope));
}
