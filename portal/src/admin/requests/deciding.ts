/** Decisions, and what became of each. */
import { api, ask, type Schema } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';

export type Verb = Schema<'Verb'>;
type Request = Schema<'AccessRequest'>;

/**
 * What became of one request:
 * - `done`: it was decided as one wanted
 * - `half`: one's decision is on record, and the request goes on: others have to decide too
 * - `settled`: somebody was faster, or one has had one's say; `request` is how it stands
 * - `refused`: for a reason that the problem tells
 */
export type Outcome =
  | { kind: 'done' | 'half'; request: Request }
  | { kind: 'settled'; request: Request }
  | { kind: 'refused'; request: Request; problem: Problem };

/** A decision on less than what was asked for. Members that are missing leave things as they are. */
export interface Part {
  /** The products that are approved or rejected, of those that one decides on. */
  product_ids?: string[];
  /** Another plan, with an approval. */
  plan_id?: string;
  /** The end of the access, with an approval. */
  access_expires_at?: string;
}

export interface Decision {
  verb: Verb;
  requests: readonly Request[];
  /** A note with an approval, the reason of a rejection. */
  text: string;
  /** For one request alone. */
  part: Part;
}

/**
 * Whether `me` may decide on a request, as far as the request tells: nobody decides on their own, and an approver decides on
 * what waits for a group of theirs.
 */
export function isDecidable(request: Request, me: Schema<'Me'> | null): boolean {
  if (me === null || request.status !== 'pending' || request.requester.id === me.id) return false;
  return me.administrator || request.awaiting.some(({ group }) => me.groups.includes(group));
}

/** The products of a request that `me` decides on, and the others. */
export function division(
  request: Request,
  me: Schema<'Me'> | null,
): { own: Request['items']; others: Request['items'] } {
  const awaited = request.awaiting.filter(({ group }) => me?.groups.includes(group));
  // `approver_of` names the first hundred products, so the groups that are awaited count too.
  const own = new Set([...(me?.approver_of ?? []), ...awaited.flatMap(({ product_ids }) => product_ids)]);
  const mine = (id: string) => me?.administrator === true || own.has(id);
  return {
    own: request.items.filter(({ product_id }) => mine(product_id)),
    others: request.items.filter(({ product_id }) => !mine(product_id)),
  };
}

/** Whether a request can be decided in part. A renewal and a change of plan are for a credential as a whole. */
export function isDivisible({ kind }: Request): boolean {
  return kind !== 'renewal' && kind !== 'change_plan';
}

/** The end of a day in this person's time zone. */
export function endOf(day: string): string {
  const end = new Date(`${day}T00:00`);
  end.setDate(end.getDate() + 1);
  return end.toISOString();
}

/** Decides, and tells of each request what became of it. The refusal of a decision on one request is thrown. */
export async function decide({ verb, requests, text, part }: Decision, key: string): Promise<Outcome[]> {
  const words = text.trim();
  const [only] = requests;
  if (only && requests.length === 1) return [await decideOne(verb, only, words, part, key)];
  const body = {
    decision: verb,
    ids: requests.map(({ id }) => id),
    ...(words && (verb === 'approve' ? { note: words } : { reason: words })),
  };
  const params = { header: { 'Idempotency-Key': key } };
  const { items } = await ask(api.POST('/v1/admin/access-requests/decide', { params, body }));
  return Promise.all(requests.map((request, index) => outcome(request, items[index])));
}

async function decideOne(verb: Verb, request: Request, words: string, part: Part, key: string): Promise<Outcome> {
  const params = { path: { id: request.id }, header: { 'Idempotency-Key': key } };
  try {
    const decided =
      verb === 'approve'
        ? await ask(
            api.POST('/v1/admin/access-requests/{id}/approve', {
              params,
              body: { ...part, ...(words && { note: words }) },
            }),
          )
        : await ask(api.POST('/v1/admin/access-requests/{id}/reject', { params, body: { ...part, reason: words } }));
    return { kind: kindOf(decided), request: decided };
  } catch (cause) {
    if (cause instanceof Problem && cause.slug === 'already-decided') return settled(request);
    throw cause;
  }
}

async function outcome(request: Request, one: Schema<'DecidedOne'> | undefined): Promise<Outcome> {
  if (one?.access_request) return { kind: kindOf(one.access_request), request: one.access_request };
  const problem = one?.problem ? new Problem('refused', one.status, one.problem) : new Problem('broken');
  return problem.slug === 'already-decided' ? settled(request) : { kind: 'refused', request, problem };
}

function kindOf(decided: Request): 'done' | 'half' {
  return decided.status === 'pending' ? 'half' : 'done';
}

async function settled(request: Request): Promise<Outcome> {
  const params = { path: { id: request.id } };
  return { kind: 'settled', request: await ask(api.GET('/v1/admin/access-requests/{id}', { params })) };
}
