/** What people see when something is wrong: failures are simulated, and nothing else is intercepted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { usable } from '../browser.ts';
import { stage } from '../stage.ts';

const on = stage();

test('offline, the page says so and reloads once the connection is back', async () => {
  const ada = await on.signedIn('Ada');
  await ada.page.getByRole('link', { name: 'More info on Maps API' }).waitFor();
  // What a page consists of is read with it; only the API is out of reach.
  await ada.page.getByRole('link', { name: 'My requests' }).click();
  await ada.page.getByText('No requests yet').waitFor();
  await ada.context.setOffline(true);
  await ada.page.getByText('You are offline.').waitFor();
  await ada.page.getByRole('link', { name: 'Pending' }).click();
  await ada.page.getByText('No connection').waitFor();
  await usable(ada.page, 'a page without a connection');
  await ada.context.setOffline(false);
  await ada.page.getByText('None of your requests has this status').waitFor();
  ada.expects(/ERR_INTERNET_DISCONNECTED/);
  await ada.leaves();
});

test('a page that loads says so, and says it again when the answer takes long', async () => {
  const ada = await on.signedIn('Ada');
  await ada.page.getByRole('link', { name: 'More info on Maps API' }).waitFor();
  let go = () => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  await ada.page.route('**/v1/apps*', async (route) => {
    await held;
    await route.continue();
  });
  // The browser's clock stands still, so that a slow machine does not miss the first of the two texts.
  await ada.page.clock.install();
  await ada.page.clock.pauseAt(Date.now() + 60_000);
  // The wait that is told of begins with the request; before it the page itself is loaded.
  const asked = ada.page.waitForRequest(/\/v1\/apps\b/);
  await ada.page.getByRole('link', { name: 'My apps' }).click();
  await asked;
  await ada.page.getByText('Loading…').waitFor();
  await ada.page.clock.fastForward(5_000);
  await ada.page.getByText('This takes longer than usual').waitFor();
  await ada.page.clock.resume();
  await usable(ada.page, 'a page that loads');
  go();
  await ada.page.getByText('No apps yet').waitFor();
  await ada.leaves();
});

test('a server error shows its reference and can be retried', async () => {
  const ada = await on.signedIn('Ada');
  let broken = true;
  const problem = {
    type: '/problems/internal-error',
    title: 'Internal error',
    status: 500,
    detail: 'Something went wrong on our side. Nothing was changed.',
    request_id: 'Rq-7',
  };
  await ada.page.route('**/v1/apps*', (route) =>
    broken
      ? route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(problem) })
      : route.continue(),
  );
  await ada.page.getByRole('link', { name: 'My apps' }).click();
  await ada.page.getByText('Reference Rq-7').waitFor();
  await usable(ada.page, 'an error of the API');
  broken = false;
  await ada.page.getByRole('button', { name: 'Try again' }).click();
  await ada.page.getByText('No apps yet').waitFor();
  ada.expects(/status of 500/);
  await ada.leaves();
});

test('repeating a change after a lost answer applies it once', async () => {
  const ada = await on.signedIn('Ada', '/apps/new');
  let lost = false;
  await ada.page.route('**/v1/apps*', async (route) => {
    if (route.request().method() !== 'POST' || lost) return route.continue();
    lost = true;
    // The API does it, and nobody hears of it.
    await route.fetch();
    await route.abort();
  });
  await ada.page.getByLabel('Name').fill('Message in a bottle');
  await ada.page.getByRole('button', { name: 'Create app' }).click();
  await ada.page.getByText('No connection').waitFor();
  await ada.page.getByRole('button', { name: 'Create app' }).click();
  await ada.page.getByRole('heading', { name: 'Message in a bottle' }).waitFor();
  const { items } = await on.stack.api('ada', 'GET', '/v1/apps');
  assert.equal(items.length, 1);
  ada.expects(/ERR_FAILED/);
  await ada.leaves();
});

test('a used-up allowance says when the plan can be requested again', async () => {
  await on.stack.edit(
    '/v1/admin/plans/gold',
    (plan) => (plan.request_allowance = { requests: 1, per_seconds: 86_400 }),
  );
  const order = { catalogue_id: 'public-apis', product_ids: ['maps-api'], plan_id: 'gold', new_app: { name: 'First' } };
  await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  const grace = await on.signedIn('Grace', '/catalogues/public-apis/weather-api/request?plan=gold');
  await grace.page.getByRole('radio', { name: 'First' }).check();
  await grace.page.getByLabel('What do you need it for?').fill('Another one.');
  await grace.page.getByRole('button', { name: 'Submit request' }).click();
  await grace.page.getByText(/You can ask again/).waitFor();
  assert.equal(await grace.page.getByLabel('What do you need it for?').inputValue(), 'Another one.');
  await usable(grace.page, 'a plan that is used up');
  grace.expects(/status of 429/);
  await grace.leaves();
});

test('a duplicate request links to the one that already has the access', async () => {
  const order = { catalogue_id: 'public-apis', product_ids: ['maps-api'], plan_id: 'free', new_app: { name: 'Atlas' } };
  const first = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  const grace = await on.signedIn('Grace', '/catalogues/public-apis/maps-api/request?plan=free');
  await grace.page.getByRole('radio', { name: 'Atlas' }).check();
  await grace.page.getByRole('button', { name: 'Submit request' }).click();
  await grace.page.getByRole('link', { name: 'View the other request' }).click();
  await grace.page.getByText('Access granted').waitFor();
  assert.equal(new URL(grace.page.url()).pathname, `/access-requests/${first.id}`);
  grace.expects(/status of 409/);
  await grace.leaves();
});

test('another person’s app is not found', async () => {
  const app = await on.stack.api('grace', 'POST', '/v1/apps', { name: 'Private' });
  const ada = await on.signedIn('Ada', `/apps/${app.id}`);
  await ada.page.getByText('There is no such app, or it is not yours.').waitFor();
  await usable(ada.page, 'an app of somebody else');
  ada.expects(/status of 404/);
  await ada.leaves();
});

test('pages load nothing from other origins and run nothing inline', async () => {
  const page = await fetch(`${on.stack.origin}/apps/new`);
  const policy = page.headers.get('Content-Security-Policy') ?? '';
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  assert.doesNotMatch(await page.text(), /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  const api = await fetch(`${on.stack.origin}/v1/nowhere`);
  assert.equal(api.status, 404);
  assert.deepEqual(await api.json(), { message: 'Not Found' });
});

test('a request can be filed by keyboard alone', async () => {
  const ada = await on.visitor();
  await ada.page.goto('/');
  await ada.page.getByRole('link', { name: 'More info on Weather API' }).waitFor();
  const press = (key: string) => ada.page.keyboard.press(key);
  const focused = () => ada.page.evaluate(() => document.activeElement?.textContent?.trim());
  const tabTo = async (text: string) => {
    for (let n = 0; n < 60; n += 1) {
      if (
        (await ada.page.evaluate(
          () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim(),
        )) === text
      )
        return;
      await press('Tab');
    }
    assert.fail(`nothing called ${text} is reached by Tab`);
  };
  await press('Tab');
  assert.equal(await focused(), 'Skip to content');
  await press('Enter');
  assert.equal(await ada.page.evaluate(() => document.activeElement?.id), 'main');
  await tabTo('Sign in');
  await press('Enter');
  await ada.page.getByRole('heading', { name: 'Who are you today?' }).waitFor();
  await ada.page.getByRole('button', { name: 'Ada' }).focus();
  await press('Enter');
  await ada.page.getByRole('link', { name: 'More info on Weather API' }).waitFor();
  await tabTo('More info on Weather API');
  await press('Enter');
  await ada.page.getByRole('heading', { name: 'Weather API', level: 1 }).waitFor();
  await tabTo('Access with this Plan: Free');
  await press('Enter');
  await ada.page.getByText('is in your cart').waitFor();
  assert.equal(await focused(), 'In your cart', 'what took the place of the button has the focus');
  await press('Enter');
  await ada.page.getByRole('radio', { name: 'A new app' }).focus();
  await press('Space');
  await press('Tab');
  await ada.page.keyboard.type('Typed');
  await press('Enter');
  await ada.page.getByText('Access granted').waitFor();
  await ada.leaves();
});
