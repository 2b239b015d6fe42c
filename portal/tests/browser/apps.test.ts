/** My apps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOOKS, usable } from '../browser.ts';
import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();

for (const { name, options } of LOOKS) {
  // R19.
  test(`an app is made, changed and deleted (${name})`, async () => {
    const { page, leaves } = await on
      .signedIn('Ada', '/apps', options)
      .then((ada) => ({ page: ada.page, leaves: () => ada.leaves() }));
    await page.getByText('No apps yet').waitFor();
    await usable(page, 'no apps');
    await page.getByRole('link', { name: 'New app' }).click();
    await page.getByLabel('Name').fill('Tide table');
    await page.getByRole('radio', { name: 'My team' }).check();
    await page.getByLabel('Team', { exact: true }).selectOption('builders');
    await usable(page, 'the form of a new app');
    await page.getByRole('button', { name: 'Create app' }).click();
    await page.getByText('No credentials yet').waitFor();
    await usable(page, 'a new app');

    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Description').fill('High water and low water.');
    await page.reload();
    await page.getByRole('heading', { name: 'Edit Tide table' }).waitFor();
    assert.equal(await page.getByLabel('Description').inputValue(), 'High water and low water.', 'typed text is kept');
    assert.equal(await page.getByRole('radio', { name: 'My organisation' }).count(), 0, 'Ada has no organisation');
    await usable(page, 'the form of an app');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByText('High water and low water.').waitFor();

    await page.getByRole('link', { name: 'My apps' }).first().click();
    await page.getByRole('link', { name: 'Tide table' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: 'Delete Tide table?' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'Tide table' }).waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    await usable(page, 'the question before an app is deleted');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete app' }).click();
    await page.getByText('No apps yet').waitFor();
    await leaves();
  });
}

test('a conflicting change of an app shows both versions and loses neither', async () => {
  const app = await on.stack.api('grace', 'POST', '/v1/apps', { name: 'Pier' });
  const grace = await on.signedIn('Grace', `/apps/${app.id}/edit`);
  await grace.page.getByLabel('Description').fill('Mine');
  await on.stack.api('grace', 'PATCH', `/v1/apps/${app.id}`, { description: 'Theirs' }, { 'If-Match': '*' });
  await grace.page.getByRole('button', { name: 'Save changes' }).click();
  const note = grace.page.getByRole('alert');
  await note.getByText('This app was changed while you were editing').waitFor();
  assert.match(await note.getByRole('row', { name: /Description/ }).innerText(), /Theirs\s+Mine/);
  await usable(grace.page, 'a conflict');
  await note.getByRole('button', { name: 'Use the current version' }).click();
  assert.equal(await grace.page.getByLabel('Description').inputValue(), 'Theirs');
  await grace.page.getByLabel('Description').fill('Both');
  await grace.page.getByRole('button', { name: 'Save changes' }).click();
  await grace.page.getByText('Both').waitFor();
  grace.expects(/status of 412/);
  await grace.leaves();
});

test('a name that is taken is refused, and the form keeps what was typed', async () => {
  await on.stack.api('grace', 'POST', '/v1/apps', { name: 'Lighthouse' });
  const grace = await on.signedIn('Grace', '/apps/new');
  await grace.page.getByLabel('Name').fill('lighthouse');
  await grace.page.getByRole('button', { name: 'Create app' }).click();
  await grace.page.getByText('Choose another name.').waitFor();
  assert.equal(await grace.page.getByLabel('Name').inputValue(), 'lighthouse');
  await usable(grace.page, 'a name that is taken');
  grace.expects(/status of 409/);
  await grace.leaves();
});

// R18.
test('a key is revealed, copied and hidden again', async () => {
  const order = {
    catalogue_id: 'public-apis',
    product_ids: ['maps-api'],
    plan_id: 'free',
    new_app: { name: 'Charts' },
  };
  const { app } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  // The list reads credentials once, so the key has to be there before.
  while ((await on.stack.api('grace', 'GET', `/v1/apps/${app.id}/credentials`)).items.length === 0);
  const rows = await on.signedIn('Grace', '/apps');
  const row = rows.page.getByRole('listitem').filter({ has: rows.page.getByRole('link', { name: 'Charts' }) });
  await row.getByText(/Maps API ·\s+Active,\s+expires in/).waitFor();
  await usable(rows.page, 'apps with their access');
  await rows.leaves();
  const grace = await on.signedIn('Grace', `/apps/${app.id}`, { permissions: ['clipboard-read', 'clipboard-write'] });
  await grace.page.getByRole('button', { name: 'Reveal key' }).click();
  await grace.page.getByRole('button', { name: 'Copy the key' }).click();
  await grace.page.getByText('Copied').waitFor();
  const key = await grace.page.evaluate(() => navigator.clipboard.readText());
  assert.match(key, /^gp_\w{20,}/);
  const address = `${on.stack.origin}/_local/apis/maps-api`;
  assert.equal((await fetch(address, { headers: { 'x-api-key': key } })).status, 200);
  await grace.page.getByRole('button', { name: 'Hide' }).click();
  assert.equal(await grace.page.getByText(key).count(), 0);
  const kept = await grace.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.ok(!kept.includes(key), 'and the browser keeps it nowhere');
  await grace.leaves();
});

test('a credential says who saw its key, when it was used last and why it ends', async () => {
  const { app } = await on.stack.api('grace', 'POST', '/v1/access-requests', {
    catalogue_id: 'public-apis',
    product_ids: ['maps-api'],
    plan_id: 'free',
    new_app: { name: 'Logbook', visibility: 'team', team: 'partners' },
  });
  const credentials = `/v1/apps/${app.id}/credentials`;
  while ((await on.stack.api('grace', 'GET', credentials)).items.length === 0);
  const [{ id }] = (await on.stack.api('grace', 'GET', credentials)).items;
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  const { page } = grace;
  const terms = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Maps API' }) });
  await terms.getByText('Not yet', { exact: true }).waitFor();
  await terms.getByText('Not known', { exact: true }).waitFor();
  await terms.getByText('The plan limits how long keys live.').waitFor();
  await page.getByRole('button', { name: 'Reveal key' }).click();
  await terms.getByText(/^1 time, last by you on/).waitFor();
  const key = await page.getByRole('group', { name: 'Key' }).locator('code').innerText();
  await usableInEveryLook(page, 'a credential with its record');

  await on.stack.api('gunnar&groups=partners', 'POST', `${credentials}/${id}/reveal`, {});
  await fetch(`${on.stack.origin}/_local/apis/maps-api`, { headers: { 'x-api-key': key } });
  await page.reload();
  await terms.getByText(/^2 times, last by gunnar on/).waitFor();
  const today = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' });
  const { items } = await on.stack.api('grace', 'GET', credentials);
  await terms.getByText(today.format(new Date(items[0].last_used_at))).waitFor();
  await grace.leaves();
});

test('a key from another system works, is not revealed, and is replaced', async () => {
  const app = await on.stack.api('grace', 'POST', '/v1/apps', { name: 'Old buoy' });
  const key = 'Old-Gateway/key.of:the+buoy-1987';
  const owen = await on.signedIn('Owen', `/admin/apps/${app.id}`);
  const { page } = owen;
  await page.getByRole('link', { name: 'Take over a key' }).click();
  const verb = page.getByRole('button', { name: 'Take over key' });
  await verb.click();
  await page.getByText('Enter the key.').waitFor();
  await page.getByRole('checkbox', { name: 'Weather API' }).check();
  await page.getByLabel('Plan').selectOption('Gold');
  await page.getByLabel('Key', { exact: true }).fill('aaaaaaaaaaaaaaaaaaaaaaaaaaaa');
  await verb.click();
  await page
    .getByRole('alert')
    .getByText(/different characters/)
    .waitFor();
  await usableInEveryLook(page, 'a key that is too weak');
  await page.getByLabel('Key', { exact: true }).fill(key);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.ok(!kept.includes(key), 'the browser keeps it nowhere');
  await verb.click();
  await page.getByRole('heading', { name: 'Old buoy', level: 1 }).waitFor();
  await page.getByRole('heading', { name: 'Weather API' }).waitFor();
  owen.expects(/status of 422/);
  await owen.leaves();

  const call = async () =>
    (await fetch(`${on.stack.origin}/_local/apis/weather-api`, { headers: { 'x-api-key': key } })).status;
  assert.equal(await call(), 200);
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  await grace.page.getByText('This key comes from another system').waitFor();
  assert.equal(await grace.page.getByRole('button', { name: 'Reveal key' }).count(), 0);
  await usable(grace.page, 'a key that cannot be revealed');
  await grace.page.getByRole('button', { name: 'Replace key' }).click();
  await grace.page.getByText('Not at all').click();
  await grace.page.getByRole('dialog').getByRole('button', { name: 'Replace key' }).click();
  await grace.page.getByRole('button', { name: 'Reveal key' }).waitFor();
  assert.equal(await call(), 403);
  await grace.leaves();
});

test('a key is replaced with an overlap, and a credential revoked by its owner', async () => {
  const order = {
    catalogue_id: 'public-apis',
    product_ids: ['maps-api'],
    plan_id: 'free',
    new_app: { name: 'Soundings' },
  };
  const { app } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  while ((await on.stack.api('grace', 'GET', `/v1/apps/${app.id}/credentials`)).items.length === 0);
  const [credential] = (await on.stack.api('grace', 'GET', `/v1/apps/${app.id}/credentials`)).items;
  const { key } = await on.stack.api('grace', 'POST', `/v1/apps/${app.id}/credentials/${credential.id}/reveal`, {});
  const address = `${on.stack.origin}/_local/apis/maps-api`;
  const call = async (key: string) => (await fetch(address, { headers: { 'x-api-key': key } })).status;

  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  const { page } = grace;
  await page.getByRole('button', { name: 'Replace key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Replace the key?' });
  await dialog.getByRole('radio', { name: 'One hour' }).check();
  await usable(page, 'the question before a key is replaced');
  await dialog.getByRole('button', { name: 'Replace key' }).click();
  const note = page.getByText(/still works: update your deployment before/);
  assert.ok((await note.innerText()).includes(`${credential.prefix}…${credential.last_four}`));
  await usable(page, 'a key that was replaced');
  assert.equal(await call(key), 200, 'the older key works while they overlap');

  await page.getByRole('button', { name: 'Replace key' }).click();
  await dialog.getByText('This older key stops working at once').waitFor();
  await dialog.getByRole('radio', { name: 'Not at all' }).check();
  await dialog.getByRole('button', { name: 'Replace key' }).click();
  await note.waitFor({ state: 'detached' });
  assert.equal(await call(key), 403);

  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await usable(page, 'the question before a credential is revoked');
  await page.getByRole('button', { name: 'Revoke credential' }).click();
  await page.getByText('Revoked', { exact: true }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Replace key' }).count(), 0);
  await grace.leaves();
});

/** Access that Grace has at once: the app, its credential, and a call with its key. */
async function granted(name: string, products: string[]) {
  const order = { catalogue_id: 'public-apis', product_ids: products, plan_id: 'free', new_app: { name } };
  const { app } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  const list = `/v1/apps/${app.id}/credentials`;
  const current = async () => (await on.stack.api('grace', 'GET', list)).items[0];
  while ((await current()) === undefined);
  const credential = await current();
  const { key } = await on.stack.api('grace', 'POST', `${list}/${credential.id}/reveal`, {});
  const call = async (product: string) =>
    (await fetch(`${on.stack.origin}/_local/apis/${product}`, { headers: { 'x-api-key': key } })).status;
  return { app, credential, current, call };
}

// P5.
test('one product is removed from a credential, and the others go on working', async () => {
  const { app, call } = await granted('Beacon', ['weather-api', 'maps-api']);
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  const { page } = grace;
  await page.getByRole('button', { name: 'Remove Maps API' }).click();
  const dialog = page.getByRole('dialog', { name: 'Remove Maps API?' });
  await dialog.getByText('Its keys stop opening Maps API at once.').waitFor();
  await usableInEveryLook(page, 'the question before a product is removed');
  assert.equal(await call('maps-api'), 200);
  await dialog.getByRole('button', { name: 'Remove product' }).click();
  await page.getByRole('heading', { name: 'Weather API', exact: true }).waitFor();
  assert.deepEqual([await call('weather-api'), await call('maps-api')], [200, 403]);
  assert.equal(
    await page.getByRole('button', { name: /^Remove / }).count(),
    0,
    'the last product goes with the credential',
  );
  await grace.leaves();
});

// P9.
test('a credential is renewed while that is possible, and keeps its key', async () => {
  const { app, credential, current, call } = await granted('Buoy', ['maps-api']);
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  const { page } = grace;
  await page.getByRole('button', { name: 'Renew' }).click();
  const dialog = page.getByRole('dialog', { name: 'Renew this credential?' });
  await dialog.getByLabel('What do you need it for?').fill('Another season.');
  await usableInEveryLook(page, 'the question before a renewal');
  await dialog.getByRole('button', { name: 'Request renewal' }).click();
  await page.getByText('Request for renewal').waitFor();
  await page.getByText('Access granted').waitFor();
  const renewed = await current();
  assert.equal(renewed.prefix, credential.prefix);
  const added = new Date(renewed.expires_at).getTime() - new Date(credential.expires_at).getTime();
  assert.equal(added, 30 * 86_400_000);
  assert.equal(await call('maps-api'), 200);
  await page.getByRole('link', { name: 'Open the app' }).click();
  await page.getByRole('button', { name: 'Replace key' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Renew' }).count(), 0, 'there is enough time left');
  await grace.leaves();
});

// P7.
test('a change of plan waits, is shown on the credential, and takes effect with the approval', async () => {
  const { app, current, call } = await granted('Harbour light', ['weather-api', 'maps-api']);
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  const { page } = grace;
  await page.getByRole('button', { name: 'Change plan' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change the plan?' });
  await dialog.getByText('Free stays in force until the change is approved.').waitFor();
  await dialog
    .getByRole('radio', { name: /^Gold.*Rate limit: 100 per second.*Approval: Reviewed by an API Owner/ })
    .waitFor();
  await dialog.getByRole('button', { name: 'Request change' }).click();
  await dialog.getByText('Choose a plan.').waitFor();
  await usableInEveryLook(page, 'the question before a change of plan');
  await dialog.getByRole('radio', { name: /^Gold/ }).check();
  await dialog.getByRole('button', { name: 'Request change' }).click();
  await page.getByText('Request to change the plan').waitFor();
  const id = new URL(page.url()).pathname.split('/').at(-1);

  await page.goto(`/apps/${app.id}`);
  const note = page.locator('.note').filter({ hasText: 'A change to Gold is requested' });
  await note.getByText('Waiting for a decision').waitFor();
  await usableInEveryLook(page, 'a credential with a pending change');
  assert.equal(await page.getByRole('button', { name: 'Change plan' }).count(), 0, 'one change at a time');
  assert.equal(await page.getByRole('button', { name: 'Renew' }).count(), 0);
  assert.deepEqual([(await current()).plan_id, await call('maps-api')], ['free', 200]);
  await on.stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/approve`, {});
  await note.waitFor({ state: 'detached' });
  await page.locator('dd').getByText('Gold', { exact: true }).waitFor();
  assert.deepEqual([(await current()).plan_id, await call('maps-api')], ['gold', 200]);
  await grace.leaves();
});

test('apps are listed a page at a time, and only those on it are asked for their access', async () => {
  for (let n = 0; n < 23; n += 1) await on.stack.api('olga', 'POST', '/v1/apps', { name: `Tile ${n}` });
  const olga = await on.signedIn('Olga');
  const { page } = olga;
  const asked: string[] = [];
  page.on('request', (request) => {
    const app = /\/v1\/apps\/([^/]+)\/credentials/.exec(request.url())?.[1];
    if (app) asked.push(app);
  });
  await page.goto('/apps');
  await page.getByText('No access yet').nth(19).waitFor();
  assert.equal(asked.length, 20);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('No access yet').nth(22).waitFor();
  assert.equal(asked.length, 23, 'nothing is asked twice');
  await usable(page, 'my apps, on two pages');
  await olga.leaves();
});

test('team members see the app and its key, and only the owner changes it', async () => {
  const profile = { name: 'Harbour radio', visibility: 'team', team: 'partners' };
  const order = { catalogue_id: 'public-apis', product_ids: ['maps-api'], plan_id: 'free', new_app: profile };
  const { app } = await on.stack.api('gus&groups=partners', 'POST', '/v1/access-requests', order);
  const grace = await on.signedIn('Grace', '/apps');
  await grace.page.getByRole('link', { name: 'Harbour radio' }).click();
  await grace.page.getByRole('button', { name: 'Reveal key' }).click();
  await grace.page.getByRole('button', { name: 'Hide' }).waitFor();
  assert.equal(await grace.page.getByRole('button', { name: 'Delete' }).count(), 0);
  assert.equal(await grace.page.getByRole('button', { name: 'Revoke', exact: true }).count(), 0);
  await grace.page.goto(`/apps/${app.id}/edit`);
  await grace.page.getByLabel('Description').fill('Mine now');
  await grace.page.getByRole('button', { name: 'Save changes' }).click();
  await grace.page.getByText('Not the owner').waitFor();
  grace.expects(/status of 403/);
  await grace.leaves();
});

test('a suspended credential says since when, why and whom to ask, in the app and on the request', async () => {
  const { id, app } = await on.stack.api('grace', 'POST', '/v1/access-requests', {
    catalogue_id: 'public-apis',
    product_ids: ['weather-api'],
    plan_id: 'free',
    new_app: { name: 'Storm bell' },
  });
  const grace = await on.signedIn('Grace', `/access-requests/${id}`);
  const { page } = grace;
  await page.getByText('Your access is ready').waitFor();
  const { credential_id: credential } = await on.stack.api('grace', 'GET', `/v1/access-requests/${id}`);
  const reason = 'Your key stands in a public repository.';
  await on.stack.api('owen', 'POST', `/v1/admin/credentials/${credential}/suspend`, { reason });
  for (const address of [`/apps/${app.id}`, `/access-requests/${id}`]) {
    await page.goto(address);
    const note = page.locator('.note').filter({ hasText: 'This credential is suspended' });
    await note.getByText(reason).waitFor();
    await note.getByText(/^Since/).waitFor();
    await note.getByRole('link', { name: 'weather-team@example.com' }).waitFor();
    await usable(page, `a suspended credential at ${address}`);
  }
  await on.stack.api('owen', 'POST', `/v1/admin/credentials/${credential}/resume`, {});
  await page.goto(`/apps/${app.id}`);
  await page.getByRole('button', { name: 'Reveal key' }).waitFor();
  assert.equal(await page.getByText('This credential is suspended').count(), 0);
  await grace.leaves();
});
