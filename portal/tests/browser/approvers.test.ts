/** Approvers: Petra decides on payments alone, Owen on the rest of one request over products of both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();

const ask = (user: string, products: string[], app: string) =>
  on.stack.api(user, 'POST', '/v1/access-requests', {
    catalogue_id: 'public-apis',
    product_ids: products,
    plan_id: 'gold',
    new_app: { name: app },
  });

// P13.
test('an approver has the requests for their products, and nothing else of the Admin Portal', async () => {
  await ask('grace', ['payments-api'], 'Till');
  await ask('grace', ['weather-api'], 'Vane');
  const petra = await on.signedIn('Petra');
  const { page } = petra;
  await page.getByRole('link', { name: 'Admin', exact: true }).click();
  await page.getByRole('row').filter({ hasText: 'Till' }).waitFor();
  assert.equal(await page.getByRole('row').filter({ hasText: 'Vane' }).count(), 0);
  const nav = page.getByRole('navigation', { name: 'Admin Portal' });
  assert.deepEqual(await nav.getByRole('link').allTextContents(), ['Access Requests']);
  await usableInEveryLook(page, "an approver's queue");

  await page.getByRole('row').filter({ hasText: 'Till' }).getByRole('link').first().click();
  await page.getByText('payments-team, for Payments API').waitFor();
  await usableInEveryLook(page, 'a request as an approver sees it');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByText('Approved: Payments API for Grace.').waitFor();

  await page.goto('/admin/plans');
  await page.getByRole('heading', { name: 'Page not found' }).waitFor();
  await petra.leaves();
});

test('somebody who decides on nothing has no Admin Portal', async () => {
  const ada = await on.signedIn('Ada', '/admin/access-requests');
  await ada.page.getByRole('heading', { name: 'For API Owners' }).waitFor();
  assert.equal(await ada.page.getByRole('link', { name: 'Admin', exact: true }).count(), 0);
  await ada.leaves();
});

test('the requester sees whom a request waits for', async () => {
  const { id } = await ask('ada', ['payments-api'], 'Kiosk');
  const ada = await on.signedIn('Ada', `/access-requests/${id}`);
  await ada.page.getByText('payments-team, for Payments API').waitFor();
  await usableInEveryLook(ada.page, 'a request that waits for a group');
  await ada.leaves();
});
