/** Finding things: the finder of every page, and the requests of everybody by what they say. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import type { Page } from 'playwright-core';

import { focused, usable } from '../browser.ts';
import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();

/** Files a request of `user`'s for a new app; gives it. */
async function filed(user: string, app: string, product: string, justification?: string) {
  const body = { catalogue_id: 'public-apis', product_ids: [product], plan_id: 'gold', new_app: { name: app } };
  return on.stack.api(user, 'POST', '/v1/access-requests', { ...body, ...(justification && { justification }) });
}

function rows(page: Page) {
  return page.getByRole('row').filter({ has: page.getByRole('button', { name: /^Actions/ }) });
}

test('the finder leads to products, apps, requests and pages by the keyboard alone', async () => {
  await filed('ada', 'Harbour lights', 'weather-api');
  const ada = await on.signedIn('Ada', '/cart');
  const { page } = ada;
  const input = page.getByRole('combobox', { name: 'Find anything' });
  const goes = async (text: string, option: RegExp | string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await input.fill(text);
    await page.getByRole('option', { name: option, selected: true }).waitFor();
    await page.keyboard.press('Enter');
  };
  // The shortcut works from the moment at which its button is there.
  await page.getByRole('button', { name: 'Find anything' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'Harbour lights', exact: true }).waitFor();
  await usableInEveryLook(page, 'the finder');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('option', { name: 'My apps', selected: true }).waitFor();
  await input.fill('nothing of this name');
  await page.getByText('Nothing found.').waitFor();
  await page.keyboard.press('Escape');
  await goes('maps', /^Maps API/);
  await page.getByRole('heading', { name: 'Maps API', level: 1 }).waitFor();
  await goes('harbour', 'Harbour lights');
  await page.getByRole('heading', { name: 'Harbour lights' }).waitFor();
  await goes('pending weather', /^Weather API/);
  await page.waitForURL('**/access-requests/*');
  await ada.leaves();
});

test('an API Owner finds requests by words, plan and day, selects all of them and exports what is shown', async () => {
  await on.stack.edit('/v1/admin/settings', (settings) => (settings.max_pending_per_person = 100));
  const [first] = [await filed('noor', 'Nautical charts', 'maps-api', 'Depths around the lighthouse.')];
  for (let n = 0; n < 30; n += 1) await filed('noor', `Charts ${n}`, 'weather-api', 'Tides.');
  const owen = await on.signedIn('Owen', '/admin/access-requests');
  const { page } = owen;
  const find = page.getByRole('searchbox', { name: 'Find' });
  await find.fill('noor LIGHTHOUSE');
  await find.press('Enter');
  await page.getByText('1 request', { exact: true }).waitFor();
  assert.match(await rows(page).innerText(), /Nautical charts/);
  await usableInEveryLook(page, 'the requests that were found');

  await page.getByLabel('Plan').selectOption('Free');
  await page.getByText('No matching requests.').waitFor();
  await page.getByLabel('Plan').selectOption('Gold');
  await rows(page).getByText('Nautical charts').waitFor();
  await page.getByLabel('To').fill('2020-01-31');
  await page.getByText('No matching requests.').waitFor();
  await page.getByLabel('To').fill('');
  await rows(page).getByText('Nautical charts').waitFor();

  const product = page.getByRole('combobox', { name: 'Product' });
  await product.fill('No such thing');
  await product.press('Enter');
  await page.getByRole('alert').getByText('There is no such product.').waitFor();
  await product.fill('maps api');
  await product.press('Enter');
  await page.waitForURL(/product=maps-api/);
  await rows(page).getByText('Nautical charts').waitFor();

  await owen.leaves();

  const olga = await on.signedIn('Olga', '/admin/access-requests?requester=noor');
  await rows(olga.page).nth(24).waitFor();
  await olga.page.getByRole('checkbox', { name: 'Select all that can be decided' }).check();
  await olga.page.getByText('25 requests selected').waitFor();
  await olga.page.getByRole('button', { name: 'Select all that match, up to 100' }).click();
  await olga.page.getByText('31 requests selected').waitFor();
  await focused(olga.page, 'selected');
  await usable(olga.page, 'a selection over several pages');
  const download = olga.page.waitForEvent('download');
  await olga.page.getByRole('button', { name: 'Export as CSV' }).click();
  const text = await readFile(await (await download).path(), 'utf8');
  assert.equal(text.trim().split('\r\n').length, 1 + 31);
  assert.ok(text.includes(first.id));
  await olga.leaves();
});

test('an API Owner filters requests by the owner of a product, and exports apps', async () => {
  const request = await filed('sol', 'Sundial', 'maps-api', 'Noon.');
  await filed('sol', '=HYPERLINK("x")', 'weather-api', 'Noon.');
  await on.stack.edit('/v1/admin/products/maps-api', (product) => (product.owners = ['charts@example.com']));
  const owen = await on.signedIn('Owen', '/admin/access-requests?requester=sol');
  const { page } = owen;
  await rows(page).nth(1).waitFor();
  const owner = page.getByRole('combobox', { name: 'API Owner' });
  await owner.fill('nobody@example.com');
  await owner.press('Enter');
  await page.getByRole('alert').getByText('Nobody with this email address owns a product.').waitFor();
  await owner.fill('Charts@example.com');
  await owner.press('Enter');
  await page.waitForURL(/owner=charts/);
  await page.getByText('1 request', { exact: true }).waitFor();
  await rows(page).getByText('Sundial').waitFor();
  await usableInEveryLook(page, 'the requests for the products of an owner');
  await rows(page).getByRole('link').click();
  const rail = page.getByRole('navigation', { name: 'Access Requests' });
  await rail.getByText('Maps API').waitFor();
  assert.equal(await rail.getByRole('listitem').count(), 1);
  await on.stack.api('owen', 'POST', `/v1/admin/access-requests/${request.id}/reject`, { reason: 'No.' });

  await page.goto('/admin/apps?owner=sol');
  await page.getByRole('link', { name: 'Sundial' }).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const text = await readFile(await (await download).path(), 'utf8');
  await page.getByText('2 rows were exported.').waitFor();
  assert.match(text, /^Id,Name,Owner,Organisation,Visible to,Team,Created\r\n/);
  assert.ok(text.includes(`,"'=HYPERLINK(""x"")",sol,`), text);
  await usableInEveryLook(page, 'apps that were exported');
  await owen.leaves();
});

test('a request is read beside its list, and j, k and decisions go on through it', async () => {
  const requests: { id: string }[] = [];
  for (let n = 0; n < 3; n += 1) requests.push(await filed('rosa', `Rowing ${n}`, 'weather-api', `Regatta ${n}.`));
  const owen = await on.signedIn('Owen', '/admin/access-requests?requester=rosa');
  const { page } = owen;
  const rail = page.getByRole('navigation', { name: 'Access Requests' });
  const shows = (n: number) => page.getByText(`Regatta ${n}.`).waitFor();
  await rows(page).first().getByRole('link').click();
  await shows(0);
  await rail.getByRole('link', { name: /rosa/ }).nth(2).waitFor();
  await page.keyboard.press('j');
  await shows(1);
  await page.keyboard.press('j');
  await shows(2);
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await shows(1);
  assert.equal(await rail.locator('a[aria-current=page]').count(), 1);
  await usableInEveryLook(page, 'a request beside its list');
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('link', { name: 'Next request' }).click();
  await page.waitForURL(
    (url) => url.searchParams.get('requester') === 'rosa' && !url.pathname.endsWith(requests[1]!.id),
  );
  await rail.getByRole('link', { name: 'All of this list' }).click();
  await rows(page).nth(1).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('requester'), 'rosa');
  await owen.leaves();
});

test('the overview opens exactly the requests that could not be set up', async () => {
  const fine = await filed('ivo', 'Inland', 'weather-api');
  const failing = await filed('ivo', 'Invoices', 'payments-api');
  const approve = (id: string) => on.stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/approve`, {});
  await Promise.all([approve(fine.id), approve(failing.id)]);
  const owen = await on.signedIn('Owen', `/admin/access-requests/${failing.id}`);
  const { page } = owen;
  await page.getByRole('region', { name: 'Provisioning' }).getByText('Failed').waitFor();
  await page.goto('/admin');
  await page.getByRole('link', { name: 'could not be set up' }).click();
  await page.getByRole('heading', { name: 'Access Requests' }).waitFor();
  await rows(page).getByText('Invoices').waitFor();
  assert.equal(await rows(page).count(), 1);
  assert.equal(await page.getByRole('link', { name: 'Setup failed' }).getAttribute('aria-current'), 'page');
  await owen.leaves();
});
