import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ago, rate, span } from '../../src/messages/format.ts';

test('a span is told in the largest unit that it is whole in', () => {
  assert.deepEqual([30 * 86_400, 3600, 90, 86_400, 36 * 3600].map(span), [
    '30 days',
    '1 hour',
    '90 seconds',
    '1 day',
    '36 hours',
  ]);
});

test('a limit is told as people say it', () => {
  assert.equal(rate({ requests: 25, per_seconds: 1 }), '25 per second');
  assert.equal(rate({ requests: 10_000, per_seconds: 30 * 86_400 }), '10,000 per 30 days');
  assert.equal(rate({ requests: 50, per_seconds: 86_400 }), '50 per day');
});

test('a moment is told from now', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');
  assert.equal(ago('2026-11-24T11:59:59.9Z', now), 'now');
  assert.equal(ago('2026-11-24T11:00:00Z', now), '1 hour ago');
  assert.equal(ago('2026-11-23T12:00:00Z', now), 'yesterday');
  assert.equal(ago('2026-11-26T13:00:00Z', now), 'in 2 days');
});
