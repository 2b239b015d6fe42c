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

/** A request over three products: payments-team decides on Maps API, administrators on the others. */
async function overProductsOfBoth(user: string, app: string) {
  const gone = await on.stack.api('owen', 'GET', '/v1/admin/products/tides-api').then(
    () => false,
    () => true,
  );
  if (gone) {
    const {
      version: _,
      created_at: __,
      updated_at: ___,
      ...weather
    } = await on.stack.api('owen', 'GET', '/v1/admin/products/weather-api');
    await on.stack.api('owen', 'POST', '/v1/admin/products', { ...weather, id: 'tides-api', name: 'Tides API' });
    await on.stack.edit('/v1/admin/catalogues/public-apis', (catalogue) => catalogue.product_ids.push('tides-api'));
    await on.stack.edit('/v1/admin/products/maps-api', (maps) => (maps.approver_groups = ['payments-team']));
  }
  return ask(user, ['weather-api', 'tides-api', 'maps-api'], app);
}

// P13, P14, P16.
test('an approver and an administrator decide on one request, and less is approved than was asked for', async () => {
  const { id, app } = await overProductsOfBoth('ada', 'Lighthouse');
  const petra = await on.signedIn('Petra', '/admin/access-requests?queue=mine');
  await petra.page.getByRole('row').filter({ hasText: 'Lighthouse' }).getByRole('link').first().click();
  await petra.page.getByText('Maps API: 0 of 1 approval').waitFor();
  await petra.page.getByRole('button', { name: 'Approve', exact: true }).click();
  const hers = petra.page.getByRole('dialog', { name: 'Approve this request?' });
  await hers.getByText('Others decide on the rest: An administrator, for').waitFor();
  assert.equal(await hers.getByRole('checkbox').count(), 0, 'one product is all that she decides on');
  assert.equal(await hers.getByLabel('Plan').count(), 0, 'the terms are for who decides on everything');
  await usableInEveryLook(petra.page, 'the approval of one product of three');
  await hers.getByRole('button', { name: 'Approve', exact: true }).click();
  await petra.page
    .getByText(/^Your approval of Maps API for Ada is recorded\. Still waiting for: An administr/)
    .waitFor();
  await petra.page.getByText('Maps API: 1 of 1 approval').waitFor();

  const owen = await on.signedIn('Owen', `/admin/access-requests/${id}`);
  const { page } = owen;
  await page.getByText('Maps API: 1 of 1 approval').waitFor();
  await page.getByText('Weather API: 0 of 1 approval').waitFor();
  await usableInEveryLook(page, 'the approvals of each product');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Approve this request?' });
  for (const name of ['Weather API', 'Tides API', 'Maps API']) await dialog.getByLabel(name).uncheck();
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
  await dialog.getByText('Choose at least one product.').waitFor();
  for (const name of ['Weather API', 'Maps API']) await dialog.getByLabel(name).check();
  await dialog.getByText('Say why Tides API is left out.').waitFor();
  await dialog.getByLabel('Note').fill('Tides API closes this year.');
  await dialog.getByLabel('Plan').selectOption('Free');
  const day = new Date(Date.now() + 7 * 86_400_000).toLocaleDateString('sv');
  await dialog.getByLabel('Last day of access').fill(day);
  await usableInEveryLook(page, 'the approval of less than was asked for');
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByText('Approved: Weather API and Maps API for Ada. Rejected: Tides API.').waitFor();
  await page.getByText(/^Weather API, Tides API,? and Maps API, with Gold$/).waitFor();

  const ada = await on.signedIn('Ada', `/access-requests/${id}`);
  await ada.page.getByText('Access granted').waitFor();
  await ada.page.getByText(/^Weather API, Tides API,? and Maps API, with Gold$/).waitFor();
  await ada.page.getByText('Changed to less than requested').waitFor();
  await ada.page.getByText('Tides API closes this year.').first().waitFor();
  await usableInEveryLook(ada.page, 'a request of which less was approved');
  const { items } = await on.stack.api('ada', 'GET', `/v1/apps/${app.id}/credentials`);
  const end = new Date(`${day}T00:00`);
  end.setDate(end.getDate() + 1);
  assert.equal(new Date(items[0].expires_at).getTime(), end.getTime());
  assert.equal(items[0].plan_id, 'free');
  await Promise.all([petra.leaves(), owen.leaves(), ada.leaves()]);
});

// P16.
test('some products are rejected with a reason, and the request goes on with the rest', async () => {
  const { id } = await overProductsOfBoth('grace', 'Foghorn');
  const petra = await on.signedIn('Petra', `/admin/access-requests/${id}`);
  await petra.page.getByRole('button', { name: 'Reject', exact: true }).click();
  const hers = petra.page.getByRole('dialog', { name: 'Reject this request?' });
  await hers.getByLabel('Reason').fill('Maps are for the harbour office.');
  await hers.getByRole('button', { name: 'Reject', exact: true }).click();
  await petra.page.getByText(/^Rejected: Maps API for Grace\. Still waiting for: An administrator, for/).waitFor();

  const owen = await on.signedIn('Owen', `/admin/access-requests/${id}`);
  await owen.page.getByRole('button', { name: 'Reject', exact: true }).click();
  const dialog = owen.page.getByRole('dialog', { name: 'Reject this request?' });
  await dialog.getByLabel('Weather API').uncheck();
  await dialog.getByLabel('Reason').fill('It closes this year.');
  await usableInEveryLook(owen.page, 'the rejection of one product of two');
  await dialog.getByRole('button', { name: 'Reject', exact: true }).click();
  await owen.page.getByText(/^Rejected: Tides API for Grace\. Still waiting for/).waitFor();
  const { status, product_ids } = await on.stack.api('grace', 'GET', `/v1/access-requests/${id}`);
  assert.deepEqual({ status, product_ids }, { status: 'pending', product_ids: ['weather-api'] });
  await Promise.all([petra.leaves(), owen.leaves()]);
});

// P15.
test('a conflict of interest is explained where one decides', async () => {
  const tess = await on.stack.token('user=tess&groups=payments-team,builders');
  const answer = await fetch(`${on.stack.origin}/v1/access-requests`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${tess}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      catalogue_id: 'public-apis',
      product_ids: ['payments-api'],
      plan_id: 'gold',
      new_app: { name: 'Shared till', visibility: 'team', team: 'payments-team' },
    }),
  });
  const { id } = await answer.json();
  const petra = await on.signedIn('Petra', `/admin/access-requests/${id}`);
  await petra.page.getByRole('button', { name: 'Approve', exact: true }).click();
  const dialog = petra.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
  await dialog
    .getByText('The app is shared with a team of yours: somebody else must decide about its access.')
    .waitFor();
  await dialog.getByText('Ask a colleague who has no part in it.').waitFor();
  await usableInEveryLook(petra.page, 'a conflict of interest');
  petra.expects(/403/);
  await petra.leaves();
});

// P18.
test('the requester sends one reminder a day', async () => {
  const { id } = await ask('ada', ['payments-api'], 'Ferry');
  const ada = await on.signedIn('Ada', `/access-requests/${id}`);
  await ada.page.getByRole('button', { name: 'Send a reminder' }).click();
  await ada.page.getByText('Those who decide were reminded.').waitFor();
  await ada.page.getByText('Reminder sent').waitFor();
  await ada.page.getByRole('button', { name: 'Send a reminder' }).click();
  await ada.page.getByText('One reminder a day can be sent for each request.').waitFor();
  await usableInEveryLook(ada.page, 'a second reminder');
  ada.expects(/429/);
  await ada.leaves();
});
