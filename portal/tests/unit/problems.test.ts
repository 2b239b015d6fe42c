import assert from 'node:assert/strict';
import { test } from 'node:test';

import { failed, Problem, refused } from '../../src/api/problem.ts';
import { IntentKey } from '../../src/state/intent.ts';

test('what the API refuses is told in its words', () => {
  const body = {
    type: '/problems/invalid-body',
    title: 'Invalid body',
    detail: '/name: must not be empty.',
    errors: [{ pointer: '/name', detail: 'must not be empty' }],
    request_id: 'x',
  };
  const problem = refused(new Response('', { status: 400 }), body);
  assert.deepEqual([problem.kind, problem.slug, problem.at('/name')], ['refused', 'invalid-body', 'must not be empty']);
  const late = refused(new Response('', { status: 429, headers: { 'Retry-After': '60' } }), body);
  assert.equal(late.retryAfter, 60);
});

test('what is not the API is told apart', () => {
  const kind = (status: number, body: unknown) => refused(new Response('', { status }), body).kind;
  assert.equal(kind(401, { message: 'Unauthorized' }), 'signed-out');
  assert.equal(kind(503, { message: 'Service Unavailable' }), 'broken');
  assert.equal(kind(502, '<html>'), 'broken');
  assert.equal(failed(new TypeError('Failed to fetch')).kind, 'offline');
  assert.equal(failed(new DOMException('', 'TimeoutError')).kind, 'late');
  assert.equal(failed(new Problem('offline')).kind, 'offline');
  assert.equal(failed(new Error()).kind, 'broken');
});

test('one intent keeps its key until it is done', () => {
  const keys = new IntentKey();
  const first = keys.of({ plan: 'free' });
  assert.equal(keys.of({ plan: 'free' }), first);
  const other = keys.of({ plan: 'gold' });
  assert.notEqual(other, first);
  keys.done();
  assert.notEqual(keys.of({ plan: 'gold' }), other);
});
