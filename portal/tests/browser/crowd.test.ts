/**
 * Five hundred products and many requests: pages stay short, and nothing is asked for piece by piece. There are 60
 * requests unless `GATEPASS_CROWD` names another number.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Page } from 'playwright-core';

import { usable } from '../browser.ts';
import { stage } from '../stage.ts';

const on = stage();
const PRODUCTS = 500;
const REQUESTS = Number(process.env['GATEPASS_CROWD'] ?? 60);
/** A person has at most so many pending requests. */
const EACH = 20;
/** Windows of 1280 by 900 that a page may fill: a measured one fills less than three. */
const WINDOWS = 3;
const VIEWPORT = { viewport: { width: 1280, height: 900 } };

/** Does `act` for each number below `n`, eight at a time. */
async function each(n: number, act: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < n; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

let filled: Promise<void> | undefined;

/** Makes the products and requests, once for all tests. */
const crowd = (): Promise<void> => (filled ??= fill());

async function fill(): Promise<void> {
  const api = on.stack.api.bind(on.stack);
  const name = (n: number) => `harbour-${String(n).padStart(3, '0')}`;
  await each(PRODUCTS, (n) =>
    api('owen', 'POST', '/v1/admin/products', {
      id: name(n),
      name: `Harbour ${n}`,
      description: `Tides, berths and traffic of harbour ${n}, updated every ten minutes.`,
      auth_method: 'api_key',
      gateway: { kind: 'builtin' },
      owners: ['harbours@example.com'],
      published: true,
    }),
  );
  await each(3, (n) =>
    api('owen', 'POST', '/v1/admin/catalogues', {
      id: `harbours-${n}`,
      name: `Harbours ${n}`,
      audience: { kind: 'everyone' },
      product_ids: Array.from({ length: PRODUCTS }, (_, index) => name(index)).slice(n * 170, (n + 1) * 170),
      plan_ids: ['free', 'gold'],
    }),
  );
  await each(REQUESTS, (n) =>
    api(`crowd-${Math.floor(n / EACH)}`, 'POST', '/v1/access-requests', {
      catalogue_id: 'public-apis',
      product_ids: [n % 3 === 0 ? 'maps-api' : 'weather-api'],
      plan_id: 'gold',
      new_app: { name: `App ${n}` },
      justification: n === 7 ? 'A needle in the hay.' : `Request number ${n}.`,
    }),
  );
}

/** The calls of the API that a page makes, by path. */
function calls(page: Page): string[] {
  const made: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/v1/')) made.push(pathname);
  });
  return made;
}

async function isShort(page: Page, what: string): Promise<void> {
  const { height, window } = await page.evaluate(() => ({
    height: document.documentElement.scrollHeight,
    window: innerHeight,
  }));
  console.log(`${what}: ${height} px`);
  assert.ok(height <= WINDOWS * window, `${what} is ${height} px high`);
}

test('the catalogues of five hundred products fill few windows and are read at once', async () => {
  await crowd();
  const ada = await on.signedIn('Ada', '/apps', VIEWPORT);
  const { page } = ada;
  const made = calls(page);
  await page.goto('/');
  await page.getByRole('link', { name: 'All 170 products of Harbours 0' }).waitFor();
  await page.getByRole('link', { name: 'All 160 products of Harbours 2' }).waitFor();
  await isShort(page, 'the front page');
  assert.deepEqual(
    made.filter((path) => path.startsWith('/v1/catalogues')).sort(),
    ['', '/harbours-0', '/harbours-1', '/harbours-2', '/public-apis'].map((rest) => `/v1/catalogues${rest}`),
    'each catalogue is read once, with its products',
  );
  await page.getByRole('link', { name: 'All 170 products of Harbours 0' }).click();
  await page.getByRole('button', { name: 'Show more' }).waitFor();
  await isShort(page, 'a catalogue of 170 products');
  await usable(page, 'a catalogue of 170 products');
  await page.getByRole('link', { name: 'Search in Harbours 0' }).click();
  await page.getByText('The first 20 products').waitFor();
  await isShort(page, 'the products found');
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('The first 40 products').waitFor();
  await ada.leaves();
});

test('a product among five hundred is found among all catalogues by two calls', async () => {
  await crowd();
  const ada = await on.signedIn('Ada', '/', VIEWPORT);
  const { page } = ada;
  const made = calls(page);
  await page.getByRole('searchbox', { name: 'Search products' }).fill('harbour 499');
  await page.getByText('1 product', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Harbour 499' }).waitFor();
  assert.equal(made.filter((path) => path === '/v1/products').length, 2, 'each looks at 500');
  await page.getByRole('combobox', { name: 'Authentication' }).selectOption('OAuth 2.0');
  await page.getByText('0 products', { exact: true }).waitFor();
  await ada.leaves();
});

test('the pages of API Owners stay short, and one request among all is found', async () => {
  await crowd();
  const owen = await on.signedIn('Owen', '/admin/access-requests', VIEWPORT);
  const { page } = owen;
  await page.getByText('The first 25 requests').waitFor();
  await isShort(page, 'the list of requests');
  await page.getByRole('searchbox', { name: 'Find' }).fill('needle');
  await page.getByRole('searchbox', { name: 'Find' }).press('Enter');
  await page.getByRole('cell', { name: 'App 7', exact: true }).waitFor();
  await page.goto('/admin/products');
  await page.getByText('25 of 503 shown').or(page.getByText('25 of 504 shown')).waitFor();
  await isShort(page, 'the list of products');
  await page.getByRole('searchbox').fill('harbour-321');
  await page.getByRole('link', { name: 'Harbour 321' }).waitFor();
  await page.getByText('1 of 1 shown').waitFor();
  await owen.leaves();
});
