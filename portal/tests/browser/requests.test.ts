/** My requests, and one of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOOKS, usable } from '../browser.ts';
import { stage } from '../stage.ts';

const on = stage();

/** Files a request of `user`'s with an app of its own. */
async function filed(user: string, name: string, plan = 'gold'): Promise<string> {
  const order = { catalogue_id: 'public-apis', product_ids: ['weather-api'], plan_id: plan, new_app: { name } };
  return (await on.stack.api(user, 'POST', '/v1/access-requests', order)).id;
}

for (const { name, options } of LOOKS) {
  // R6.
  test(`a request is found by its status and withdrawn (${name})`, async () => {
    await filed('ada', `Buoy, ${name}`);
    const ada = await on.signedIn('Ada', '/access-requests', options);
    await ada.page.getByRole('link', { name: 'Pending' }).click();
    const row = ada.page
      .getByRole('listitem')
      .filter({ hasText: `Gold, for Buoy, ${name}` })
      .last();
    await row.waitFor();
    await usable(ada.page, 'the list of requests');
    await row.getByRole('link').click();
    await ada.page.getByRole('button', { name: 'Withdraw request' }).click();
    const dialog = ada.page.getByRole('dialog', { name: 'Withdraw this request?' });
    await dialog.waitFor();
    await usable(ada.page, 'the question before a request is withdrawn');
    await dialog.getByRole('button', { name: 'Withdraw request' }).click();
    await ada.page.getByRole('status').getByText('Withdrawn').waitFor();
    await usable(ada.page, 'a request that was withdrawn');
    await ada.leaves();
  });
}

// R27, R28.
test('a rejection is shown with its reason, on the page and by mail', async () => {
  const id = await filed('grace', 'Mine field');
  const grace = await on.signedIn('Grace', `/access-requests/${id}`);
  await grace.page.getByText('Waiting for a decision').waitFor();
  await on.stack.api('olga', 'POST', `/v1/admin/access-requests/${id}/reject`, { reason: 'Not in these waters.' });
  await grace.page.getByText('Not in these waters.').waitFor();
  await grace.page.getByText('Olga').waitFor();
  await usable(grace.page, 'a request that was rejected');
  const app = await on.stack.api('grace', 'GET', `/v1/access-requests/${id}`);
  const { items } = await on.stack.api('grace', 'GET', `/v1/apps/${app.app.id}/credentials`);
  assert.deepEqual(items, [], 'R27: there is no access');
  await grace.page.getByText('We emailed you').waitFor();
  await grace.leaves();
});

test('a rejected request is requested again with its app and justification filled in', async () => {
  const order = {
    catalogue_id: 'public-apis',
    product_ids: ['weather-api', 'maps-api'],
    plan_id: 'gold',
    new_app: { name: 'Second try' },
    justification: 'For the harbour office.',
  };
  const { id } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  await on.stack.api('olga', 'POST', `/v1/admin/access-requests/${id}/reject`, { reason: 'Which office?' });
  const grace = await on.signedIn('Grace', `/access-requests/${id}`);
  await grace.page.getByRole('button', { name: 'Request again' }).click();
  await grace.page.getByRole('heading', { name: 'Cart', level: 1 }).waitFor();
  await grace.page.getByRole('radio', { name: 'Second try' }).waitFor();
  assert.ok(await grace.page.getByRole('radio', { name: 'Second try' }).isChecked());
  const justification = grace.page.getByLabel('What do you need it for?');
  assert.equal(await justification.inputValue(), 'For the harbour office.');
  await justification.fill('For the harbour office in Emden.');
  await grace.page.getByRole('button', { name: 'Submit request' }).click();
  await grace.page.getByRole('heading', { name: 'Weather API and Maps API', level: 1 }).waitFor();
  await grace.page.getByText('Waiting for a decision').waitFor();
  await grace.leaves();
});

test('an approved request whose setup failed says so', async () => {
  const order = {
    catalogue_id: 'public-apis',
    product_ids: ['payments-api'],
    plan_id: 'free',
    new_app: { name: 'Toll' },
  };
  const { id } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  const grace = await on.signedIn('Grace', `/access-requests/${id}`);
  await grace.page.getByText('Approved, setup failed').waitFor();
  await grace.page.getByText('API Owners can fix the cause and retry').waitFor();
  await usable(grace.page, 'a request whose set-up failed');
  await grace.leaves();
});

test('withdrawing a request that was decided meanwhile shows the decision', async () => {
  const id = await filed('grace', 'Slow boat');
  // Hidden, the page does not look again by itself.
  const grace = await on.signedIn('Grace', `/access-requests/${id}`);
  await grace.page.getByRole('button', { name: 'Withdraw request' }).click();
  await grace.page.context().setOffline(true);
  await on.stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/approve`, {});
  await grace.page.getByRole('dialog').getByRole('button', { name: 'Withdraw request' }).click();
  await grace.page.getByRole('dialog').getByText('No connection').waitFor();
  await grace.page.context().setOffline(false);
  await grace.page.getByText('Access granted').waitFor();
  await grace.page.getByText('Owen').waitFor();
  grace.expects(/ERR_INTERNET_DISCONNECTED/);
  await grace.leaves();
});

test('requests are paged', async () => {
  await on.stack.edit('/v1/admin/settings', (settings) => (settings.max_pending_per_person = 30));
  for (let n = 1; n <= 21; n += 1) await filed('olga', `Boat ${n}`);
  const olga = await on.signedIn('Olga', '/access-requests');
  await olga.page.getByText('Gold, for Boat 21').waitFor();
  assert.equal(
    await olga.page
      .getByText('Gold, for Boat 1', { exact: false })
      .filter({ hasText: /Boat 1 ·/ })
      .count(),
    0,
  );
  await olga.page.getByRole('button', { name: 'Show more' }).click();
  await olga.page.getByText(/Boat 1 ·/).waitFor();
  await olga.page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
  await olga.leaves();
});

test('every page has an address, a title and a focused heading', async () => {
  const owen = await on.signedIn('Owen');
  const heading = () => owen.page.evaluate(() => document.activeElement?.textContent?.trim());
  await owen.page.getByRole('link', { name: 'My apps' }).click();
  await owen.page.getByText('No apps yet').waitFor();
  assert.deepEqual([await owen.page.title(), await heading()], ['My apps · Gatepass', 'My apps']);
  await owen.page.getByRole('link', { name: 'My requests' }).click();
  await owen.page.getByRole('link', { name: 'Rejected' }).click();
  await owen.page.getByText('None of your requests has this status').waitFor();
  await owen.page.goBack();
  await owen.page.getByText('No requests yet').waitFor();
  await owen.page.goBack();
  await owen.page.getByText('No apps yet').waitFor();
  await owen.page.goForward();
  await owen.page.getByRole('heading', { name: 'My requests', level: 1 }).waitFor();
  await owen.page.goto('/nowhere');
  await owen.page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await usable(owen.page, 'no such page');
  await owen.leaves();
});
