/** How a request stands, in one word and one colour; and what its way is. */
import type { Schema } from '../api/client.ts';

type Request = Pick<Schema<'AccessRequest'>, 'status' | 'provisioning' | 'policy'>;

/** `wait`: something is to come. `good`, `bad`, `over`: nothing is, for now. */
export type Tone = 'wait' | 'good' | 'bad' | 'over';

export type Standing =
  'deciding' | 'pending' | 'queued' | 'provisioned' | 'failed' | 'revoked' | 'rejected' | 'withdrawn' | 'expired';

export const TONES: Record<Standing, Tone> = {
  deciding: 'wait',
  pending: 'wait',
  queued: 'wait',
  provisioned: 'good',
  failed: 'bad',
  revoked: 'over',
  rejected: 'bad',
  withdrawn: 'over',
  expired: 'over',
};

export function standing(request: Request): Standing {
  switch (request.status) {
    case 'pending':
      return request.policy.review === 'automatic' ? 'deciding' : 'pending';
    case 'approved':
      return request.provisioning.status === 'none' ? 'queued' : request.provisioning.status;
    default:
      return request.status;
  }
}

/** Whether it may yet change by itself or by an owner's decision, so that looking again makes sense. */
export function isOpen(request: Request): boolean {
  return TONES[standing(request)] === 'wait';
}

/** Whether it is on record what became of the mail that tells the requester of the outcome, if there is to be one. */
export function isTold(request: Schema<'AccessRequestDetail'>): boolean {
  const outcome = { rejected: 'reject', provisioned: 'approve', failed: 'approve' } as const;
  const stands = standing(request);
  if (!(stands in outcome)) return true;
  const due = outcome[stands as keyof typeof outcome];
  return request.mails.some(({ template, status }) => template === due && status !== 'sending');
}
