import assert from 'node:assert/strict';
import { test } from 'node:test';

import { common, isRenewable, pendingChange } from '../../src/apps/changes.ts';

const DAY = 86_400_000;

test('a credential can be renewed around its end, unless it is suspended, revoked or without an end', () => {
  const now = Date.UTC(2026, 10, 25);
  const endsIn = (days: number) => new Date(now + days * DAY).toISOString();
  const credential = (days: number, status = 'active') =>
    ({ status, expires_at: endsIn(days) }) as Parameters<typeof isRenewable>[0];
  for (const days of [30, 1, 0]) assert.ok(isRenewable(credential(days), now), `${days}`);
  for (const days of [-1, -30]) assert.ok(isRenewable(credential(days, 'expired'), now), `${days}`);
  assert.ok(!isRenewable(credential(31), now));
  assert.ok(!isRenewable(credential(-31, 'expired'), now));
  for (const status of ['suspended', 'revoked']) assert.ok(!isRenewable(credential(1, status), now), status);
  assert.ok(!isRenewable({ status: 'active', expires_at: null }, now));
});

test('a plan is offered for all products of a credential, and reviewed when one of them needs it', () => {
  type Plan = Parameters<typeof common>[0][number][number];
  const plan = (id: string, review = 'automatic') => ({ id, approval: { review } }) as Plan;
  const lists = [
    [plan('free'), plan('gold'), plan('trial')],
    [plan('gold', 'manual'), plan('free')],
  ];
  assert.deepEqual(common(lists, 'free'), [plan('gold', 'manual')]);
  assert.deepEqual(common(lists, 'gold'), [plan('free')]);
  assert.deepEqual(common([], 'gold'), []);
});

test('a change is under way as long as its request is open', () => {
  type Request = Parameters<typeof pendingChange>[1][number];
  const request = (extends_credential_id: string, status: string) =>
    ({ extends_credential_id, status, policy: { review: 'manual' }, provisioning: { status: 'none' } }) as Request;
  const waiting = request('c1', 'pending');
  assert.equal(pendingChange({ id: 'c1' }, [request('c2', 'pending'), request('c1', 'rejected'), waiting]), waiting);
  assert.equal(pendingChange({ id: 'c3' }, [waiting]), undefined);
});
