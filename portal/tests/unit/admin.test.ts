import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  fromSpanLine,
  isAmount,
  limitForm,
  spanForm,
  toLimit,
  toSeconds,
  toSpanLine,
} from '../../src/admin/plans/amounts.ts';
import { along, ceiling, stack } from '../../src/admin/overview/chart.ts';
import { fromLines } from '../../src/admin/offerings/lines.ts';
import { addressOf, fromQuery, isPast, parameters, passes } from '../../src/admin/requests/search.ts';
import { division, endOf, isDivisible } from '../../src/admin/requests/deciding.ts';
import { isWithin } from '../../src/admin/requests/lesser.ts';
import { slug } from '../../src/admin/offerings/slug.ts';
import { roughly, shortDay } from '../../src/messages/format.ts';

test('limits and lifetimes survive the form, in the largest unit that fits', () => {
  assert.deepEqual(spanForm(2_592_000), { amount: '30', unit: 'day' });
  assert.deepEqual(spanForm(5400), { amount: '90', unit: 'minute' });
  for (const seconds of [null, 1, 61, 3600, 86_400 * 7]) assert.equal(toSeconds(spanForm(seconds)), seconds);
  for (const limit of [null, { requests: 25, per_seconds: 1 }, { requests: 1, per_seconds: 86_400 }])
    assert.deepEqual(toLimit(limitForm(limit)), limit);
});

test('a time is a line that says its unit', () => {
  for (const [seconds, line] of [
    [1_209_600, '14 days'],
    [86_400, '1 day'],
    [129_600, '36 hours'],
    [61, '61 seconds'],
  ] as const) {
    assert.equal(toSpanLine(seconds), line);
    assert.equal(fromSpanLine(line), seconds);
  }
  assert.equal(fromSpanLine(' 2 Hours '), 7200);
  for (const none of ['', '14', 'days', '0 days', '1.5 days', '-1 day', '1 fortnight'])
    assert.equal(fromSpanLine(none), null);
});

test('only whole numbers above zero are amounts, or nothing', () => {
  for (const good of ['', ' ', '1', ' 25 ', '007', '100000']) assert.ok(isAmount(good), good);
  for (const bad of ['0', '-1', '1.5', 'ten', '1e3', '1 000', '00']) assert.ok(!isAmount(bad), bad);
});

test('an address says which requests are meant, and is as short as it can be', () => {
  const searchOf = (address: string) => fromQuery(new URL(address, 'http://portal').searchParams);
  const all = [
    '',
    '?status=all',
    '?status=approved&app=a1&order=oldest',
    '?requester=ada%26co',
    '?order=newest',
    '?queue=mine&product=maps-api',
    '?text=tides+berths&plan=gold&from=2026-11-01&to=2026-11-24',
  ];
  for (const query of all) {
    const address = `/admin/access-requests${query}`;
    assert.equal(addressOf(searchOf(address)), address);
  }
  assert.deepEqual(searchOf('/?status=nonsense&order=sideways'), {
    status: 'pending',
    queue: 'all',
    filter: undefined,
    order: 'oldest',
    text: '',
    plan: '',
    owner: '',
    from: '',
    to: '',
  });
  assert.equal(addressOf(searchOf('/?from=yesterday')), '/admin/access-requests', 'a day that is none filters nothing');
  assert.deepEqual(parameters(searchOf('/?queue=mine')), { mine: true, order: 'oldest' });
  assert.equal(addressOf(searchOf('/?queue=mine'), { status: 'all' }), '/admin/access-requests?status=all');
  assert.deepEqual(parameters(searchOf('/?status=failed')), { provisioning: 'failed', order: 'newest' });
  assert.deepEqual(parameters(searchOf('/?status=all&product=maps-api')), { product_id: 'maps-api', order: 'newest' });
  const changed = addressOf(searchOf('/?order=newest&product=maps-api'), { status: 'all' });
  assert.equal(changed, '/admin/access-requests?status=all&product=maps-api');
});

test('a narrowed search finds words in any order, whole days, and knows when the list is past them', () => {
  const requestOf = (created_at: Date, justification: string) =>
    ({
      id: '01a2',
      requester: { id: 'ada', name: 'Ada', email: 'ada@example.com' },
      app: { id: 'a1', name: 'Storm warnings' },
      items: [{ product_id: 'weather-api', name: 'Weather API' }],
      plan_id: 'gold',
      plan_name: 'Gold',
      justification,
      created_at: created_at.toISOString(),
    }) as Parameters<typeof passes>[1];
  const searchOf = (query: string) => fromQuery(new URLSearchParams(query));
  const noon = requestOf(new Date(2026, 10, 20, 12), 'Warn ships.');
  const midnight = requestOf(new Date(2026, 10, 21), 'Warn ships.');
  const finds = (query: string) => passes(searchOf(query), noon);
  assert.deepEqual(['text=SHIPS+ada', 'text=storm+weather', 'text=ships+trains', 'plan=gold', 'plan=free'].map(finds), [
    true,
    true,
    false,
    true,
    false,
  ]);
  assert.ok(finds('from=2026-11-20&to=2026-11-20'), 'both days are included');
  assert.ok(!passes(searchOf('to=2026-11-20'), midnight), 'the next day is not');
  assert.ok(isPast(searchOf('status=all&from=2026-11-21'), noon), 'newest first: older ones follow');
  assert.ok(isPast(searchOf('to=2026-11-20'), midnight), 'oldest first: newer ones follow');
  assert.ok(!isPast(searchOf('to=2026-11-20'), noon));
});

test('an axis ends where people count to', () => {
  assert.deepEqual([0, 2, 3, 7, 9, 11, 45, 100, 101].map(ceiling), [2, 2, 4, 8, 10, 20, 60, 100, 200]);
  for (let most = 0; most < 2000; most += 1) {
    assert.ok(ceiling(most) >= most);
    assert.ok(Number.isInteger(ceiling(most) / 2), 'and its middle is a whole number');
  }
});

test('a day is stacked from the bottom, without what did not happen', () => {
  const bars = stack([['one', 2], ['none', 0], ['two', 1]], 4, 100); // prettier-ignore
  assert.deepEqual(bars, [
    { key: 'one', y: 50, height: 50 },
    { key: 'two', y: 25, height: 25 },
  ]);
});

test('waits lie in their order on the line, and do not leave it', () => {
  const places = [0, 1, 60, 3600, 86_400, 1e9].map((seconds) => along(seconds, 30 * 86_400));
  assert.deepEqual([...places].sort(), places);
  assert.equal(places[0], 0);
  assert.equal(places.at(-1), 1);
});

test('an id follows from a name', () => {
  assert.equal(slug('Weather API'), 'weather-api');
  assert.equal(slug('  Ébène & Søn (2) '), 'ebene-s-n-2');
  assert.match(slug('x'.repeat(63) + ' y'), /^x{63}$/);
});

test('lines are what is on them', () => {
  assert.deepEqual(fromLines(' a \n\n b,c\r\n'), ['a', 'b,c']);
});

test('about how long something took is told in one unit', () => {
  assert.deepEqual([1, 90, 5400, 86_400 * 1.5].map(roughly), ['1 second', '1.5 minutes', '1.5 hours', '1.5 days']);
});

test('a day of a calendar is the same in every zone', () => {
  assert.match(shortDay('2026-11-24'), /24/);
});

test('a plan is within another when it gives no more in limits, lifetimes and scopes', () => {
  const gold = { id: 'gold', name: 'Gold', rate_limit: { requests: 100, per_seconds: 1 }, scopes: ['read', 'write'] };
  const like = (change: object) => ({ ...gold, ...change });
  assert.ok(isWithin(gold, gold));
  assert.ok(isWithin(like({ rate_limit: { requests: 25, per_seconds: 1 }, key_expires_in_seconds: 60 }), gold));
  assert.ok(isWithin(like({ scopes: ['read'] }), gold));
  for (const more of [
    { rate_limit: null },
    { rate_limit: { requests: 6000, per_seconds: 60 } },
    { rate_limit: { requests: 90, per_seconds: 0.5 } },
    { scopes: ['admin'] },
  ])
    assert.ok(!isWithin(like(more), gold), JSON.stringify(more));
  const limited = like({ quota: { requests: 10, per_seconds: 60 }, access_expires_in_seconds: 60 });
  assert.ok(!isWithin(gold, limited));
  assert.ok(!isWithin(like({ ...limited, access_expires_in_seconds: 61 }), limited));
});

test('an approver decides on the products of their groups, and an administrator on all', () => {
  type Request = Parameters<typeof division>[0];
  type Me = NonNullable<Parameters<typeof division>[1]>;
  const items = ['weather-api', 'maps-api', 'fleet-api'].map((product_id) => ({ product_id, name: product_id }));
  const awaiting = [{ group: 'tides-team', product_ids: ['fleet-api'] }];
  const request = { items, awaiting, kind: 'new' } as unknown as Request;
  const me = { administrator: false, approver_of: ['maps-api'], groups: ['tides-team'] } as unknown as Me;
  const ids = ({ own, others }: ReturnType<typeof division>) =>
    [own, others].map((some) => some.map((item) => item.name));
  assert.deepEqual(ids(division(request, me)), [['maps-api', 'fleet-api'], ['weather-api']]);
  assert.deepEqual(ids(division(request, { ...me, administrator: true })), [items.map(({ name }) => name), []]);
  assert.ok(isDivisible(request));
  assert.ok(!isDivisible({ ...request, kind: 'renewal' }) && !isDivisible({ ...request, kind: 'change_plan' }));
  assert.equal(new Date(endOf('2026-12-31')).getTime(), new Date(2027, 0, 1).getTime());
});
