/** What owners put on offer: plans with their approval, products, catalogues; changed by two at once, and deleted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();

async function ask(user: string, name: string, product: string, plan: string) {
  const order = { catalogue_id: 'public-apis', product_ids: [product], plan_id: plan, new_app: { name } };
  return on.stack.api(user, 'POST', '/v1/access-requests', order);
}

// R29 to R33.
test('a new plan approves automatically once the checkbox is saved, and the dry run agrees', async () => {
  const owen = await on.signedIn('Owen', '/admin/plans');
  const { page } = owen;
  await page.getByRole('row').filter({ hasText: 'Gold' }).getByText('Reviewed').waitFor();
  await usableInEveryLook(page, 'the plans');
  await page.getByRole('link', { name: 'Create plan' }).click();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('is not a slug').first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')), 'true');
  await page.getByLabel('Name').fill('Sea Trial');
  assert.equal(await page.getByLabel('Id', { exact: true }).inputValue(), 'sea-trial');
  await page.getByLabel('Rate limit: requests').fill('ten');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Enter a whole number, 1 or more.').waitFor();
  await usableInEveryLook(page, 'the form of a new plan');
  await page.getByLabel('Rate limit: requests').fill('10');
  await page.getByRole('button', { name: 'Save changes' }).dblclick();
  await page.getByRole('heading', { name: 'Sea Trial' }).waitFor();
  await on.stack.edit('/v1/admin/catalogues/public-apis', (shelf) => shelf.plan_ids.push('sea-trial'));
  assert.equal((await ask('ada', 'Before', 'weather-api', 'sea-trial')).policy.review, 'manual');

  await page.getByRole('checkbox', { name: 'Auto approve access request' }).check();
  await page.getByLabel('Trusted groups').fill('builders');
  await page.getByText('Unsaved changes.').waitFor();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved as version 2.').waitFor();
  assert.deepEqual((await on.stack.api('owen', 'GET', '/v1/admin/plans/sea-trial')).rate_limit, {
    requests: 10,
    per_seconds: 1,
  });
  const automatic = await ask('ada', 'After', 'weather-api', 'sea-trial');
  assert.equal(automatic.policy.review, 'automatic');
  assert.equal((await ask('grace', 'Not trusted', 'weather-api', 'sea-trial')).policy.review, 'manual');

  await page.getByLabel('User id').fill('ada');
  await page.getByLabel('User’s groups').fill('builders, others');
  await page.getByRole('button', { name: 'Evaluate' }).click();
  await page.getByText('Would be approved automatically').waitFor();
  await page.getByText('The requester is in the trusted group').waitFor();
  await page.getByLabel('User’s groups').fill('');
  await page.getByRole('button', { name: 'Evaluate' }).click();
  await page.getByText('Would wait for an API Owner').waitFor();
  await usableInEveryLook(page, 'a plan');
  owen.expects(/status of 400/);
  await owen.leaves();
});

test('a conflicting change is shown side by side, and the chosen version of each field is saved', async () => {
  const path = '/v1/admin/plans/gold';
  const owen = await on.signedIn('Owen', '/admin/plans/gold');
  const { page } = owen;
  await page.getByLabel('Name').fill('Gold, mine');
  await page.getByLabel('Description').fill('My words');
  await on.stack.edit(path, (plan) => {
    plan.name = 'Gold, theirs';
    plan.description = 'Their words';
    plan.approvals_required = 2;
  });
  await page.getByRole('button', { name: 'Save changes' }).click();
  const conflict = page.getByRole('alert').filter({ hasText: 'This was changed while you were editing' });
  await conflict.waitFor();
  assert.match(await conflict.getByRole('row', { name: /Name/ }).innerText(), /Gold, theirs[\s\S]*Gold, mine/);
  assert.ok(await page.getByRole('radio', { name: '2 approvals' }).isChecked(), 'what was not touched is taken over');
  await usableInEveryLook(page, 'a conflict');
  await conflict.getByRole('radio', { name: /Description, current/ }).check();
  assert.equal(await page.getByRole('textbox', { name: 'Description' }).inputValue(), 'Their words');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved as version 3.').waitFor();
  const { name, description, approvals_required } = await on.stack.api('owen', 'GET', path);
  assert.deepEqual([name, description, approvals_required], ['Gold, mine', 'Their words', 2]);
  owen.expects(/status of 412/);

  await page.getByLabel('Name').fill('Kept for later');
  await page.reload();
  await page.getByText('Unsaved changes.').waitFor();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Kept for later');
  await page.getByRole('button', { name: 'Discard changes' }).click();
  assert.equal(await page.getByLabel('Name').inputValue(), 'Gold, mine');
  await on.stack.edit(path, (plan) => (plan.approvals_required = 1));
  await owen.leaves();
});

test('deleting a plan in use shows who is affected and asks to type its id', async () => {
  const plan = { id: 'tide', name: 'Tide', auto_approve: true };
  await on.stack.api('owen', 'POST', '/v1/admin/plans', plan);
  await on.stack.edit('/v1/admin/catalogues/public-apis', (shelf) => shelf.plan_ids.push('tide'));
  const held = await ask('grace', 'High water', 'maps-api', 'tide');
  const owen = await on.signedIn('Owen', '/admin/plans/tide');
  const { page } = owen;
  const usage = page.getByRole('region', { name: 'Who is affected' });
  await usage.getByRole('link', { name: 'Grace, High water' }).waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete Tide?' });
  await dialog.getByText('Grace, High water').waitFor();
  await dialog.getByRole('button', { name: 'Revoke access and delete' }).click();
  await dialog.getByText('That is not “tide”.').waitFor();
  await usableInEveryLook(page, 'the question before a forced deletion');
  await dialog.getByLabel('Type tide to confirm').fill('tide');
  await dialog.getByRole('button', { name: 'Revoke access and delete' }).click();
  await page.getByRole('heading', { name: 'Plans' }).waitFor();
  assert.equal(await page.getByRole('row').filter({ hasText: 'Tide' }).count(), 0);
  const { provisioning } = await on.stack.api('owen', 'GET', `/v1/admin/access-requests/${held.id}`);
  assert.equal(provisioning.status, 'revoked');
  await owen.leaves();
});

test('an owner creates a product and a catalogue, offers it to a group and deletes it', async () => {
  const owen = await on.signedIn('Owen', '/admin/products');
  const { page } = owen;
  await page.getByRole('link', { name: 'Payments API' }).waitFor();
  await usableInEveryLook(page, 'the products');
  await page.getByRole('link', { name: 'Create product' }).click();
  await page.getByLabel('Name').fill('Pilot API');
  await page.getByRole('checkbox', { name: 'Published' }).check();
  await page.getByRole('radio', { name: 'OAuth 2.0' }).check();
  assert.deepEqual(await page.getByLabel('Gateway').getByRole('option').allTextContents(), [
    'OAuth 2.0 client registration',
  ]);
  await page.getByLabel('Issuer').fill('https://10.0.0.1');
  await page.getByLabel('API Owners').fill('pilots@example.com');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.locator('#issuer-problem').getByText('on the public internet').waitFor();
  await usableInEveryLook(page, 'the form of a new product');
  await page.getByLabel('Issuer').fill('https://id.example.com');
  await page.getByLabel('Scopes').fill('pilots:read');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Nobody has access through it').waitFor();
  await usableInEveryLook(page, 'a product');

  await page.getByRole('link', { name: 'Catalogues' }).last().click();
  await page.getByRole('row').filter({ hasText: 'partners' }).waitFor();
  await usableInEveryLook(page, 'the catalogues');
  await page.getByRole('link', { name: 'Create catalogue' }).click();
  await page.getByLabel('Name').fill('Pilots');
  await page.getByRole('radio', { name: 'Groups' }).check();
  await page.getByRole('checkbox', { name: 'Pilot API' }).check();
  await page.getByRole('checkbox', { name: 'Free' }).check();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('must name at least one group').first().waitFor();
  await usableInEveryLook(page, 'the form of a new catalogue');
  await page.getByLabel('Groups', { exact: false }).last().fill('builders');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('heading', { name: 'Pilots' }).waitFor();
  const { products } = await on.stack.api('ada', 'GET', '/v1/catalogues/pilots');
  assert.deepEqual(
    products.map(({ name }: { name: string }) => name),
    ['Pilot API'],
  );
  await page.getByText('Nobody has access through it').waitFor();
  await page.getByRole('checkbox', { name: 'Maps API' }).check();
  await page.getByRole('button', { name: 'Move Maps API up' }).click();
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Saved as version 2.').waitFor();
  const kept = await on.stack.api('owen', 'GET', '/v1/admin/catalogues/pilots');
  assert.deepEqual(kept.product_ids, ['maps-api', 'pilot-api'], 'the order is kept');
  await usableInEveryLook(page, 'a catalogue');
  await page.getByRole('button', { name: 'Delete' }).click();
  await on.stack.edit('/v1/admin/catalogues/pilots', (shelf) => (shelf.description = 'Wanted after all?'));
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('It was changed in the meantime.').waitFor();
  await usableInEveryLook(page, 'the deletion of what somebody else has changed');
  assert.equal(await page.getByLabel('Description').inputValue(), 'Wanted after all?');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'Catalogues' }).waitFor();
  assert.equal(await page.getByRole('row').filter({ hasText: 'Pilots' }).count(), 0);
  owen.expects(/status of 4(00|12)/);
  await owen.leaves();
});
