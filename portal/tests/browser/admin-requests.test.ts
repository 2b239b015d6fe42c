/** API Consumers > Access Requests: seen and decided, by one owner, by two, by many keys. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import type { Page } from 'playwright-core';

import { inWindow } from '../browser.ts';
import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();
let apps = 0;

/** Files a request of `user`'s with an app of its own; gives it. */
async function filed(user: string, products = ['weather-api'], plan = 'gold', justification?: string) {
  apps += 1;
  const name = `App ${apps} of ${user}`;
  const order = { catalogue_id: 'public-apis', product_ids: products, plan_id: plan, new_app: { name } };
  return on.stack.api(user, 'POST', '/v1/access-requests', { ...order, ...(justification && { justification }) });
}

/** The row of a request, by its app. */
function row(page: Page, request: { app: { name: string } }) {
  return page.getByRole('row').filter({ has: page.getByRole('cell', { name: request.app.name, exact: true }) });
}

async function chooses(page: Page, request: { app: { name: string } }, item: string): Promise<void> {
  await row(page, request)
    .getByRole('button', { name: /^Actions/ })
    .click();
  await page.getByRole('menuitem', { name: item }).click();
}

// R21, R23 to R26.
test('an owner reviews a request and approves it from the three-dot menu', async () => {
  const request = await filed('ada', ['weather-api', 'maps-api'], 'gold', 'Storms at sea.');
  const owen = await on.signedIn('Owen');
  const { page } = owen;
  await page.getByRole('link', { name: 'Admin' }).click();
  await page.getByRole('link', { name: 'Access Requests' }).click();
  await page.getByRole('heading', { name: 'Access Requests' }).waitFor();
  assert.match(await page.title(), /Access Requests · API Consumers/);
  await row(page, request).waitFor();
  const shown = await row(page, request).innerText();
  for (const words of ['Ada', 'Weather API and Maps API', 'Gold', 'Storms at sea.', 'Waiting for a decision'])
    assert.ok(shown.includes(words), `${words} in ${shown}`);
  await usableInEveryLook(page, 'the list of requests');

  const dots = row(page, request).getByRole('button', { name: 'Actions: Ada, Weather API and Maps API' });
  await dots.focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('menu').waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  assert.equal(await focused(), 'Approve');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), 'Reject');
  await page.keyboard.press('Home');
  await usableInEveryLook(page, 'the menu of a request');
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 1280, height: 420 });
  await dots.scrollIntoViewIfNeeded();
  await dots.focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('menu').waitFor();
  assert.ok(await inWindow(page.getByRole('menu')), 'the menu opens where there is room');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('menu').count(), 0);
  assert.ok(await dots.evaluate((button) => button === document.activeElement), 'the focus is back on the dots');

  await chooses(page, request, 'Approve');
  const dialog = page.getByRole('dialog', { name: 'Approve this request?' });
  await dialog.getByText('Storms at sea.').waitFor();
  await dialog.getByText('Ada sees this note.').waitFor();
  await dialog.getByLabel('Note').fill('Known to us.');
  await usableInEveryLook(page, 'the question before an approval');
  await dialog.getByRole('button', { name: 'Approve' }).dblclick();
  await page.getByText('Approved: Weather API and Maps API for Ada.').waitFor();
  await row(page, request).getByText('Access granted').waitFor();
  const { items } = await on.stack.api('ada', 'GET', `/v1/apps/${request.app.id}/credentials`);
  assert.equal(items.length, 1, 'R26: the credential is in the app');

  await row(page, request).getByRole('link').click();
  await page.getByRole('heading', { name: 'Ada requests Weather API and Maps API' }).waitFor();
  await page.getByText('You approved it').waitFor();
  await page.getByText('Known to us.').first().waitFor();
  const history = page.getByRole('region', { name: 'History' });
  await history.getByText('Access set up').waitFor();
  assert.equal(await history.getByText('Approved', { exact: true }).count(), 1, 'two clicks are one approval');
  await usableInEveryLook(page, 'a request');
  await owen.leaves();
});

// R25, R27.
test('a rejection needs a reason and grants nothing', async () => {
  const request = await filed('grace');
  const owen = await on.signedIn('Owen', '/admin/access-requests');
  await chooses(owen.page, request, 'Reject');
  const dialog = owen.page.getByRole('dialog', { name: 'Reject this request?' });
  await dialog.getByRole('button', { name: 'Reject' }).click();
  await dialog.getByText('Enter a reason.').waitFor();
  await usableInEveryLook(owen.page, 'a rejection without a reason');
  await dialog.getByLabel('Reason').fill('Not in these waters.');
  await dialog.getByRole('button', { name: 'Reject' }).click();
  await owen.page.getByText('Rejected: Weather API for Grace.').waitFor();
  const { items } = await on.stack.api('grace', 'GET', `/v1/apps/${request.app.id}/credentials`);
  assert.deepEqual(items, []);
  await owen.page.getByRole('link', { name: 'Rejected' }).click();
  await row(owen.page, request).getByRole('link').click();
  await owen.page.getByText('Not in these waters.').first().waitFor();
  await owen.leaves();
});

test('when two owners decide at once, the second is told who decided', async () => {
  const request = await filed('ada');
  const owners = await Promise.all(['Owen', 'Olga'].map((name) => on.signedIn(name, '/admin/access-requests')));
  const [owen, olga] = owners;
  assert.ok(owen && olga);
  await chooses(owen.page, request, 'Approve');
  await chooses(olga.page, request, 'Reject');
  await olga.page.getByLabel('Reason').fill('No.');
  await Promise.all([
    owen.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click(),
    olga.page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click(),
  ]);
  const told = owners.map(({ page }) => page.getByRole('dialog', { name: 'Already decided' }));
  const done = owners.map(({ page }) => page.getByText(/^(Approved|Rejected): Weather API for Ada/));
  await Promise.all(owners.map((_, index) => told[index]?.or(done[index]!).first().waitFor()));
  const { decided_by, status } = await on.stack.api('owen', 'GET', `/v1/admin/access-requests/${request.id}`);
  const [winner, loser] = decided_by.id === 'owen' ? [0, 1] : [1, 0];
  await done[winner]!.waitFor();
  await told[loser]!.getByText(`${decided_by.name} ${status} it`).waitFor();
  await usableInEveryLook(owners[loser]!.page, 'a decision that came second');
  await told[loser]!.getByRole('button', { name: 'Close' }).click();
  await row(owners[loser]!.page, request)
    .getByText(status === 'approved' ? /granted|set up/ : 'Rejected')
    .waitFor();
  owners[loser]!.expects(/status of 409/);
  await Promise.all(owners.map((owner) => owner.leaves()));
});

test('requests are selected, decided in bulk and opened with keyboard shortcuts', async () => {
  const requests = [await filed('ada'), await filed('grace'), await filed('ada')];
  const owen = await on.signedIn('Owen', '/admin/access-requests');
  const { page } = owen;
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await row(page, requests[2]).waitFor();
  await press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await usableInEveryLook(page, 'the keys');
  await page.getByRole('checkbox', { name: 'Enable single-key shortcuts' }).uncheck();
  await page.getByRole('button', { name: 'Close' }).click();
  await press('j');
  assert.equal(await page.locator('.row-title:focus').count(), 0, 'keys that are turned off do nothing');
  await page.getByRole('button', { name: 'Shortcuts ?' }).click();
  await page.getByRole('checkbox', { name: 'Enable single-key shortcuts' }).check();
  await page.getByRole('button', { name: 'Close' }).click();

  await press('j', 'x', 'ArrowDown', 'x', 'j', 'x', 'k', 'j');
  await page.getByText('3 requests selected').waitFor();
  await usableInEveryLook(page, 'a selection');
  await press('a');
  await page.getByRole('dialog', { name: 'Approve 3 requests?' }).waitFor();
  await usableInEveryLook(page, 'the question before many approvals');
  await on.stack.api('grace', 'POST', `/v1/access-requests/${requests[1].id}/withdraw`, {});
  await press('Enter');
  const results = page.getByRole('dialog', { name: 'Results' });
  await results.waitFor();
  assert.equal(await results.getByText('Approved.', { exact: true }).count(), 2);
  await results.getByText('The requester withdrew it').waitFor();
  await usableInEveryLook(page, 'what became of each');
  await results.getByRole('button', { name: 'Close' }).click();

  const fourth = await filed('grace', ['maps-api']);
  await page.getByRole('button', { name: 'Show new requests' }).click();
  await row(page, fourth).waitFor();
  await press('j', 'Enter');
  await page.getByRole('heading', { name: 'Grace requests Maps API' }).waitFor();
  await page.goBack();
  await row(page, fourth).waitFor();
  await press('j', 'r');
  await page.getByLabel('Reason').fill('Later.');
  await page.keyboard.press('Tab');
  await press('Enter');
  await page.getByText('Rejected: Maps API for Grace.').waitFor();
  await owen.leaves();
});

test('a plan with two approvals needs two people, and the first approval is shown', async () => {
  const path = '/v1/admin/plans/gold';
  await on.stack.edit(path, (plan) => (plan.approvals_required = 2));
  const request = await filed('ada');
  const owen = await on.signedIn('Owen', '/admin/access-requests');
  await chooses(owen.page, request, 'Approve');
  await owen.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await owen.page.getByText('is recorded. Still waiting for: An administrator, for Weather API.').waitFor();
  await row(owen.page, request).getByText('Approved by Owen').waitFor();
  await chooses(owen.page, request, 'Approve');
  await owen.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await owen.page.getByText('You have already approved it.').waitFor();
  owen.expects(/status of 409/);
  const olga = await on.signedIn('Olga', `/admin/access-requests/${request.id}`);
  await olga.page.getByText('1 of 2 approvals').waitFor();
  await usableInEveryLook(olga.page, 'a request with one approval of two');
  await olga.page.getByRole('button', { name: 'Approve' }).click();
  await olga.page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await olga.page.getByText('Access granted').waitFor();
  await olga.page.waitForFunction(() => document.activeElement?.id === 'title');
  await on.stack.edit(path, (plan) => (plan.approvals_required = 1));
  await Promise.all([owen.leaves(), olga.leaves()]);
});

test('after a decision the next request is one click away, and the list is exported', async () => {
  const requests = [await filed('ada', ['maps-api'], 'gold', '=cmd()'), await filed('grace', ['maps-api'])];
  const owen = await on.signedIn('Owen', '/admin/access-requests?requester=grace');
  const { page } = owen;
  await row(page, requests[1]).waitFor();
  await page.getByRole('navigation', { name: 'Admin Portal' }).getByText('pending').waitFor();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as CSV' }).click(),
  ]);
  const text = await readFile(await file.path(), 'utf8');
  assert.match(text, /^Id,Requester,Products/);
  assert.ok(text.includes(requests[1].app.name));
  await page.goto(`/admin/access-requests/${requests[0].id}`);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('link', { name: 'Next request' }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(requests[0].id));
  await page.getByRole('button', { name: 'Approve' }).waitFor();
  await usableInEveryLook(page, 'the next request');
  await on.stack.api('owen', 'POST', `/v1/admin/access-requests/${requests[1].id}/reject`, { reason: 'No.' });
  await owen.leaves();
});

test('nobody decides on their own request', async () => {
  const request = await filed('owen');
  const owen = await on.signedIn('Owen', '/admin/access-requests');
  await row(owen.page, request).getByText('Your own').waitFor();
  await row(owen.page, request)
    .getByRole('button', { name: /^Actions/ })
    .click();
  assert.equal(await owen.page.getByRole('menuitem', { name: 'Approve' }).count(), 0);
  await owen.page.getByRole('menuitem', { name: 'Open' }).click();
  await owen.page.getByText('This is your own request').waitFor();
  assert.equal(await owen.page.getByRole('button', { name: 'Approve' }).count(), 0);
  await owen.leaves();
});

// R33, R34.
test('an automatic approval is listed with its reasons and can be revoked', async () => {
  const request = await filed('ada', ['weather-api'], 'free');
  const owen = await on.signedIn('Owen', '/admin/access-requests');
  const { page } = owen;
  await page.getByRole('link', { name: 'All', exact: true }).click();
  await row(page, request).getByText('Automatic').waitFor();
  await row(page, request).getByRole('link').click();
  await page.getByText('Automatic approval').waitFor();
  await page.getByText('The plan approves every request automatically.').waitFor();
  await page.getByText('The approval policy approved it').waitFor();
  await page.getByText('Access granted').waitFor();
  await page.getByRole('button', { name: 'Revoke access' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke access to Weather API?' });
  await dialog.getByLabel('Reason').fill('The project has ended.');
  await usableInEveryLook(page, 'the question before access is revoked');
  await dialog.getByRole('button', { name: 'Revoke access' }).click();
  await page.getByText('Access is revoked.').waitFor();
  await page.getByText('The project has ended.').first().waitFor();
  const { items } = await on.stack.api('ada', 'GET', `/v1/apps/${request.app.id}/credentials`);
  assert.equal(items[0].status, 'revoked');
  await owen.leaves();
});

test('a failed setup shows its last error and can be retried', async () => {
  const request = await filed('ada', ['payments-api'], 'free');
  const owen = await on.signedIn('Owen', `/admin/access-requests/${request.id}`);
  const provisioning = owen.page.getByRole('region', { name: 'Provisioning' });
  await provisioning.getByText('Failed').waitFor();
  await provisioning.getByText('gateway-not-configured').waitFor();
  await usableInEveryLook(owen.page, 'a request that could not be set up');
  await provisioning.getByRole('button', { name: 'Retry' }).click();
  await owen.page.getByText('Setup was restarted.').waitFor();
  await owen.page.getByRole('region', { name: 'History' }).getByText('Setup restarted').waitFor();
  await owen.leaves();
});

test('requests are filtered by product, requester and app, sorted and paged', async () => {
  await on.stack.edit('/v1/admin/settings', (settings) => (settings.max_pending_per_person = 30));
  const requests = [];
  for (let n = 0; n < 27; n += 1) requests.push(await filed('flora', [n === 0 ? 'maps-api' : 'weather-api']));
  const owen = await on.signedIn('Owen', '/admin/access-requests?requester=flora');
  const { page } = owen;
  const rows = page.getByRole('row').filter({ has: page.getByRole('button', { name: /^Actions: flora/ }) });
  await page.getByRole('link', { name: 'Only by flora' }).waitFor();
  await rows.first().waitFor();
  assert.equal(await rows.count(), 25);
  assert.match(await rows.first().innerText(), /Maps API/, 'who has waited longest comes first');
  await page.getByRole('button', { name: 'Show more' }).click();
  await rows.nth(26).waitFor();
  assert.equal(await rows.count(), 27);
  await page.getByRole('columnheader', { name: 'Submitted' }).getByRole('link').click();
  await rows.first().getByText(requests[26].app.name, { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Only by flora' }).click();
  await page.getByLabel('Product').fill('Maps API');
  await page.getByLabel('Product').press('Enter');
  await row(page, requests[0]).waitFor();
  assert.equal(await rows.count(), 1);
  await chooses(page, requests[0], `Only for the app ${requests[0].app.name}`);
  await page.getByRole('link', { name: `Only for the app ${requests[0].app.name}` }).waitFor();
  await usableInEveryLook(page, 'the requests of one app');
  await page.goBack();
  assert.equal(new URL(page.url()).searchParams.get('product'), 'maps-api', 'the way back is the way one came');
  await page.goto('/admin/access-requests?status=expired');
  await page.getByText('No matching requests.').waitFor();
  await owen.leaves();
});
