/** The changes of a credential that somebody can ask for, and those that are under way. */
import { api, ask, type Schema } from '../api/client.ts';
import { Problem } from '../api/problem.ts';
import { isOpen } from '../requests/standing.ts';

type Credential = Schema<'Versioned_Credential'>;

/** A renewal can be requested from so long before the end until so long after it, in milliseconds. */
const RENEWAL_WINDOW = 30 * 86_400_000;

/** Whether more time can be requested: never for what does not end, or was suspended or revoked. */
export function isRenewable({ status, expires_at }: Pick<Credential, 'status' | 'expires_at'>, now: number): boolean {
  if ((status !== 'active' && status !== 'expired') || expires_at == null) return false;
  return Math.abs(new Date(expires_at).getTime() - now) <= RENEWAL_WINDOW;
}

/** Whether the newest key can be revealed: of one that comes from another system only a digest is kept. */
export function isKept({ keys }: Pick<Credential, 'keys'>): boolean {
  return keys[0]?.origin !== 'brought_along';
}

/** The products that a credential opens. */
export function openProducts({ grants }: Pick<Credential, 'grants'>): string[] {
  return grants.filter(({ status }) => status === 'active').map(({ product_id }) => product_id);
}

/** The request under way that is to change a credential or to extend it. */
export function pendingChange(
  { id }: Pick<Credential, 'id'>,
  requests: readonly Schema<'AccessRequest'>[],
): Schema<'AccessRequest'> | undefined {
  return requests.find((request) => request.extends_credential_id === id && isOpen(request));
}

/** The other plans under which the person is offered every product of a credential. */
export async function otherPlans(credential: Credential, signal: AbortSignal): Promise<Schema<'OfferedPlan'>[]> {
  const read = async (id: string) => {
    try {
      return (await ask(api.GET('/v1/products/{id}', { params: { path: { id } }, signal }))).plans;
    } catch (cause) {
      // A product that is no longer shown to the person is offered with no plan.
      if (cause instanceof Problem && cause.status === 404) return [];
      throw cause;
    }
  };
  return common(await Promise.all(openProducts(credential).map(read)), credential.plan_id);
}

/** The plans in all lists but `current`. A plan needs review when a request for one of the products does. */
export function common(lists: readonly Schema<'OfferedPlan'>[][], current: string): Schema<'OfferedPlan'>[] {
  const [first = [], ...others] = lists;
  return first
    .filter(({ id }) => id !== current)
    .flatMap((plan) => {
      const same = others.map((plans) => plans.find(({ id }) => id === plan.id));
      if (same.some((other) => other === undefined)) return [];
      const reviewed = [plan, ...same].find((one) => one?.approval.review === 'manual');
      return [reviewed ?? plan];
    });
}
