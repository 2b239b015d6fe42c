/** The Admin Portal around its requests: who gets in, what is open, apps and credentials, settings, troubles. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { usable } from '../browser.ts';
import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();

/** The files that the owners' pages alone consist of. */
function ownersFiles(): string[] {
  const manifest = JSON.parse(readFileSync(new URL('../../dist/.vite/manifest.json', import.meta.url), 'utf8'));
  const chunks = Object.entries<{ file: string; css?: string[] }>(manifest);
  return chunks
    .filter(([source]) => source.startsWith('src/admin/') && source !== 'src/admin/Gate.svelte')
    .flatMap(([, { file, css = [] }]) => [file, ...css]);
}

async function ask(user: string, name: string, product = 'weather-api', plan = 'free') {
  const order = { catalogue_id: 'public-apis', product_ids: [product], plan_id: plan, new_app: { name } };
  return on.stack.api(user, 'POST', '/v1/access-requests', order);
}

test('a consumer sees no link to the Admin Portal, is refused at its address and loads none of its files', async () => {
  const files = ownersFiles();
  assert.ok(files.length > 5);
  const ada = await on.visitor();
  const loaded: string[] = [];
  ada.page.on('request', (request) => loaded.push(new URL(request.url()).pathname.slice(1)));
  await ada.signsIn('Ada');
  assert.equal(await ada.page.getByRole('link', { name: 'Admin' }).count(), 0);
  await ada.page.goto('/admin/plans');
  await ada.page.getByRole('heading', { name: 'For API Owners' }).waitFor();
  await usableInEveryLook(ada.page, 'the page for owners, to somebody else');
  assert.deepEqual(
    loaded.filter((file) => files.includes(file)),
    [],
  );
  await ada.leaves();

  const nobody = await on.visitor();
  await nobody.page.goto('/admin/access-requests');
  await nobody.page.getByText('Sign in to see this page').waitFor();
  await nobody.page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
  await nobody.choosesPerson('Owen');
  await nobody.page.getByRole('heading', { name: 'Access Requests' }).waitFor();
  await nobody.page.getByText('No pending requests').waitFor();
  await usable(nobody.page, 'a list with nothing to do');
  await nobody.page.goto('/admin/nowhere');
  await nobody.page.getByText('Page not found').waitFor();
  await nobody.leaves();
});

// R21.
test('the overview counts open requests, and every chart has a table', async () => {
  await ask('ada', 'Waits', 'maps-api', 'gold');
  const rejected = await ask('ada', 'Rejected', 'maps-api', 'gold');
  await on.stack.api('olga', 'POST', `/v1/admin/access-requests/${rejected.id}/reject`, { reason: 'No.' });
  await ask('ada', 'Toll', 'payments-api', 'free');
  const owen = await on.signedIn('Owen', '/admin');
  const { page } = owen;
  await page.getByRole('listitem').filter({ hasText: 'could not be set up' }).getByText('1', { exact: true }).waitFor();
  await page.getByText('As a table').first().click();
  const table = page.getByRole('table', { name: 'Requests per day, by outcome' });
  const today = table.getByRole('row').filter({ has: page.getByRole('cell', { name: '1', exact: true }) });
  assert.match(await today.first().innerText(), /0\s+1\s+1\s+0$/, 'approved, automatically, rejected, withdrawn');
  await page.getByText('Nine of ten within').waitFor();
  await usableInEveryLook(page, 'the overview');
  await page.getByRole('link', { name: '7 days' }).click();
  await table.getByRole('row').nth(8).waitFor({ state: 'detached' });
  await table.getByRole('row').nth(7).waitFor();
  await page.getByRole('link', { name: 'request to decide' }).click();
  await page.getByRole('row').filter({ hasText: 'Waits' }).waitFor();
  await owen.leaves();
});

test('suspending, resuming and revoking a credential takes effect on its key', async () => {
  const { app } = await ask('grace', 'Lighthouse');
  const key = await revealed('grace', app.id);
  const status = async () =>
    (await fetch(`${on.stack.origin}/_local/apis/weather-api`, { headers: { 'x-api-key': key } })).status;
  const owen = await on.signedIn('Owen', '/admin/apps');
  const { page } = owen;
  await page.getByLabel('Search for').fill('light');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('link', { name: 'Lighthouse' }).waitFor();
  await usableInEveryLook(page, 'apps that were found');
  await page.getByLabel('Search by').selectOption('Owner’s id');
  await page.getByLabel('Search for').fill('nobody');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('No matching apps.').waitFor();
  await page.getByLabel('Search for').fill('grace');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('link', { name: 'Lighthouse' }).click();
  for (const [verb, said, expected] of [
    ['Suspend', 'is suspended', 403],
    ['Resume', 'works again', 200],
    ['Revoke', 'is revoked', 403],
  ] as const) {
    await page.getByRole('button', { name: `${verb}: Weather API` }).click();
    const dialog = page.getByRole('dialog', { name: `${verb} the credential for Weather API?` });
    await dialog.getByLabel('Reason').fill(`To ${verb.toLowerCase()}.`);
    if (verb === 'Suspend') await usableInEveryLook(page, 'the question before a credential is suspended');
    await dialog.getByRole('button', { name: verb }).dblclick();
    await page.getByText(`The credential for Weather API ${said}.`).waitFor();
    assert.equal(await status(), expected, verb);
    await page.waitForFunction(() => document.activeElement?.id.startsWith('credential-'));
  }
  await usableInEveryLook(page, 'an app');
  await owen.leaves();
});

test('an owner grants access without a request and reassigns an app', async () => {
  const app = await on.stack.api('ada', 'POST', '/v1/apps', { name: 'Gift' });
  const owen = await on.signedIn('Owen', `/admin/apps/${app.id}`);
  const { page } = owen;
  await page.getByText('No credentials.').waitFor();
  await page.getByRole('link', { name: 'Grant access' }).click();
  await page.getByRole('button', { name: 'Grant access' }).click();
  await page.getByText('Choose at least one product.').waitFor();
  await usableInEveryLook(page, 'the form of a grant');
  await page.getByRole('checkbox', { name: 'Maps API' }).check();
  await page.getByLabel('Plan').selectOption('Gold');
  await page.getByLabel('Note').fill('For the regatta.');
  await page.getByRole('button', { name: 'Grant access' }).click();
  await page.getByText('Access granted by an API Owner').waitFor();
  await page.getByText('Access granted', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Gift', exact: true }).click();
  await page.getByRole('button', { name: 'Reassign' }).click();
  const dialog = page.getByRole('dialog', { name: 'Reassign Gift?' });
  await dialog.getByLabel('New owner’s id').fill('grace');
  await dialog.getByLabel('New owner’s email address').fill('grace@example.com');
  await dialog.getByText('One hour').click();
  await usableInEveryLook(page, 'the question before an app is reassigned');
  await dialog.getByRole('button', { name: 'Reassign' }).click();
  await page.getByText('The app now belongs to grace.').waitFor();
  assert.equal((await on.stack.api('grace', 'GET', `/v1/apps/${app.id}`)).owner, 'grace');
  await owen.leaves();
});

test('an owner changes the limits for each person', async () => {
  const owen = await on.signedIn('Owen', '/admin/settings');
  const { page } = owen;
  const pending = page.getByLabel('Pending requests');
  const standing = await on.stack.api('owen', 'GET', '/v1/admin/settings');
  assert.equal(await pending.inputValue(), String(standing.max_pending_per_person));
  await pending.fill('many');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('Enter a whole number, 1 or more.').first().waitFor();
  await usable(page, 'a limit that is not a number');
  await pending.fill('31');
  await page.getByLabel('Apps', { exact: true }).fill('51');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText(/Saved as version/).waitFor();
  const { max_pending_per_person, max_apps_per_person } = await on.stack.api('owen', 'GET', '/v1/admin/settings');
  assert.deepEqual([max_pending_per_person, max_apps_per_person], [31, 51]);
  await on.stack.edit('/v1/admin/settings', (settings) => {
    Object.assign(settings, {
      max_pending_per_person: standing.max_pending_per_person,
      max_apps_per_person: standing.max_apps_per_person,
    });
  });
  await owen.leaves();
});

test('an owner says when the end of keys is announced, and who is told when nobody else is', async () => {
  const owen = await on.signedIn('Owen', '/admin/settings');
  const { page } = owen;
  const standing = await on.stack.api('owen', 'GET', '/v1/admin/settings');
  const notices = page.getByLabel(/^Announce the end of keys/);
  assert.equal(await notices.inputValue(), '14 days\n2 days');
  await notices.fill('in a while');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('“in a while” is not a time such as “14 days”.').waitFor();
  await usable(page, 'a time that is none');
  await notices.fill('10 days\n36 hours');
  await page.getByLabel(/^Fallback owners/).fill('api-team@example.com');
  await page.getByLabel(/^Escalation addresses/).fill('api-leads@example.com');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText(/Saved as version/).waitFor();
  const saved = await on.stack.api('owen', 'GET', '/v1/admin/settings');
  assert.deepEqual(saved.expiry_notices_seconds, [864_000, 129_600]);
  assert.deepEqual([saved.fallback_owners, saved.escalation], [['api-team@example.com'], ['api-leads@example.com']]);
  await on.stack.edit('/v1/admin/settings', (settings) => {
    for (const name of ['expiry_notices_seconds', 'fallback_owners', 'escalation']) settings[name] = standing[name];
  });
  await owen.leaves();
});

test('an owner changes the access flow, mutes a mail and sets a subject that has to render', async () => {
  const owen = await on.signedIn('Owen', '/admin/settings');
  const { page } = owen;
  await page.getByRole('radio', { name: 'Cart' }).check();
  await page.getByRole('checkbox', { name: 'To API Owners: request submitted' }).uncheck();
  const subject = page.getByRole('group', { name: 'To the requester: approved' }).getByLabel('Subject');
  await subject.fill('{{ nonsense');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText('unexpected end of input').first().waitFor();
  assert.equal(await subject.inputValue(), '{{ nonsense');
  await usableInEveryLook(page, 'a subject that does not render');
  await subject.fill('Welcome to {{ products }}');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText(/Saved as version/).waitFor();
  const { access_flow, muted_mails, mail_subjects } = await on.stack.api('owen', 'GET', '/v1/admin/settings');
  assert.deepEqual(
    [access_flow, muted_mails, mail_subjects],
    ['cart', ['submitted'], { approve: 'Welcome to {{ products }}' }],
  );
  owen.expects(/status of 400/);
  await on.stack.edit('/v1/admin/settings', (settings) => (settings.access_flow = 'both'));
  await owen.leaves();
});

test('offline, a typed reason is kept and the decision is sent once the connection is back', async () => {
  const request = await ask('grace', 'Buoy', 'maps-api', 'gold');
  const owen = await on.signedIn('Owen', `/admin/access-requests/${request.id}`);
  const { page } = owen;
  await page.getByRole('button', { name: 'Reject' }).click();
  const reason = page.getByRole('dialog').getByLabel('Reason');
  await reason.fill('Out of range.');
  await owen.context.setOffline(true);
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
  await page.getByRole('dialog').getByText('No connection').waitFor();
  await usable(page, 'a decision without a connection');
  assert.equal(await reason.inputValue(), 'Out of range.');
  await owen.context.setOffline(false);
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
  await page.getByText('You rejected it').waitFor();
  owen.expects(/ERR_INTERNET_DISCONNECTED/);
  await page.goto('/admin/access-requests/019a0000-0000-7000-8000-000000000000');
  await page.getByText('Not found').waitFor();
  await usable(page, 'a request that is not there');
  owen.expects(/status of 404/);
  await owen.leaves();
});

/** The key in somebody's app, as soon as it is there. */
async function revealed(user: string, app: string): Promise<string> {
  for (;;) {
    const { items } = await on.stack.api(user, 'GET', `/v1/apps/${app}/credentials`);
    if (items.length > 0)
      return (await on.stack.api(user, 'POST', `/v1/apps/${app}/credentials/${items[0].id}/reveal`, {})).key;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
