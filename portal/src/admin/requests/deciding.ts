/** Decisions, and what became of each. */
import { api, ask, type Schema } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';

export type Verb = Schema<'Verb'>;
type Request = Schema<'AccessRequest'>;

/**
 * What became of one request:
 * - `done`: it was decided as one wanted
 * - `half`: it was approved, and takes another owner's approval too
 * - `settled`: somebody was faster, or one has had one's say; `request` is how it stands
 * - `refused`: for a reason that the problem tells
 */
export type Outcome =
  { kind: 'done' | 'half' | 'settled'; request: Request } | { kind: 'refused'; request: Request; problem: Problem };

export interface Decision {
  verb: Verb;
  requests: readonly Request[];
  /** A note with an approval, the reason of a rejection. */
  text: string;
}

/**
 * Whether `me` may decide on a request, as far as the request tells: nobody decides on their own, and an approver decides on
 * what waits for a group of theirs.
 */
export function isDecidable(request: Request, me: Schema<'Me'> | null): boolean {
  if (me === null || request.status !== 'pending' || request.requester.id === me.id) return false;
  return me.administrator || request.awaiting.some(({ group }) => me.groups.includes(group));
}

/** Decides, and tells of each request what became of it. */
export async function decide({ verb, requests, text }: Decision, key: string): Promise<Outcome[]> {
  const words = text.trim();
  const body = {
    decision: verb,
    ids: requests.map(({ id }) => id),
    ...(words && (verb === 'approve' ? { note: words } : { reason: words })),
  };
  const params = { header: { 'Idempotency-Key': key } };
  const { items } = await ask(api.POST('/v1/admin/access-requests/decide', { params, body }));
  return Promise.all(requests.map((request, index) => outcome(request, items[index])));
}

async function outcome(request: Request, one: Schema<'DecidedOne'> | undefined): Promise<Outcome> {
  if (one?.access_request) {
    const kind = one.access_request.status === 'pending' ? 'half' : 'done';
    return { kind, request: one.access_request };
  }
  const problem = one?.problem ? new Problem('refused', one.status, one.problem) : new Problem('broken');
  if (problem.slug !== 'already-decided') return { kind: 'refused', request, problem };
  const params = { path: { id: request.id } };
  return { kind: 'settled', request: await ask(api.GET('/v1/admin/access-requests/{id}', { params })) };
}
