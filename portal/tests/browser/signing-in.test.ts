/** Coming, signing in, staying, leaving. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOOKS, usable } from '../browser.ts';
import { stage } from '../stage.ts';

const on = stage();

// R3, R9.
test('a visitor sees the public catalogue, and signing in returns to the same page', async () => {
  const ada = await on.visitor();
  const shown = (kind: string) =>
    on.stack.edit('/v1/admin/catalogues/public-apis', (catalogue) => (catalogue.audience = { kind }));
  await shown('everyone');
  await ada.page.goto('/');
  await ada.page.getByText('None of the catalogues here is public').waitFor();
  await usable(ada.page, 'the front page with nothing public');

  await shown('public');
  await ada.page.reload();
  await ada.page.getByRole('heading', { name: 'APIs to build on' }).waitFor();
  await ada.page.getByText('Request access').first().waitFor();
  await ada.page.getByRole('link', { name: 'More info on Weather API' }).waitFor();
  await usable(ada.page, 'the front page of a visitor');
  await ada.page.getByRole('link', { name: 'More info on Weather API' }).click();
  await ada.page.getByRole('heading', { name: 'Weather API', level: 1 }).waitFor();
  await ada.page.getByRole('button', { name: 'Sign in to request access with Gold' }).waitFor();
  await usable(ada.page, 'the product page of who is not signed in');

  await ada.page.getByRole('button', { name: 'Sign in to request access with Gold' }).click();
  await ada.choosesPerson('Ada');
  await ada.page.getByRole('button', { name: 'Access with this Plan: Gold' }).waitFor();
  assert.equal(new URL(ada.page.url()).pathname, '/catalogues/public-apis/weather-api');
  assert.equal(await ada.page.title(), 'Weather API · Gatepass');
  await ada.leaves();
});

for (const { name, options } of LOOKS) {
  test(`a page that needs a sign-in asks for it and is shown afterwards (${name})`, async () => {
    const ada = await on.visitor(options);
    await ada.page.goto('/access-requests?status=pending');
    await ada.page.getByRole('heading', { name: 'Sign in to see this page' }).waitFor();
    await usable(ada.page, 'the request to sign in');
    await ada.page.getByRole('main').getByRole('button', { name: 'Sign in' }).click();
    await ada.choosesPerson('Ada');
    await ada.page.getByText('None of your requests has this status').waitFor();
    assert.equal(new URL(ada.page.url()).search, '?status=pending', 'without the code of the sign-in');
    await ada.account('Ada').click();
    await ada.page.getByText('ada@example.com').waitFor();
    await usable(ada.page, 'the account menu');
    await ada.leaves();
  });
}

test('signing out signs out every tab and leaves nothing in the browser', async () => {
  const ada = await on.signedIn('Ada', '/apps');
  const other = await ada.tab();
  await other.goto('/');
  await other.getByRole('banner').getByRole('button', { name: 'Ada' }).waitFor();
  await ada.signsOut('Ada');
  await other.getByRole('banner').getByRole('button', { name: 'Sign in' }).waitFor();
  assert.equal(await ada.page.evaluate(() => localStorage.length + sessionStorage.length), 0, 'nothing is left behind');
  await ada.leaves();
});

test('an expired token is renewed unnoticed', async () => {
  const ada = await on.signedIn('Ada', '/apps');
  await on.stack.local('POST', '/clock?advance=PT2H');
  await ada.page.getByRole('link', { name: 'My requests' }).click();
  await ada.page.getByText('No requests yet').waitFor();
  ada.expects(/status of 401/);
  await ada.leaves();
});

test('the end of a session is announced, and the form keeps what was typed', async () => {
  const grace = await on.signedIn('Grace', '/apps/new');
  await grace.page.getByLabel('Name').fill('Harbour board');
  // Refresh tokens of the local issuer work for 30 days.
  await on.stack.local('POST', '/clock?advance=P31D');
  await grace.page.getByRole('button', { name: 'Create app' }).click();
  const banner = grace.page.getByRole('alert').filter({ hasText: 'Your session has ended' });
  await banner.waitFor();
  await usable(grace.page, 'a form after the end of the session');
  assert.equal(await grace.page.getByLabel('Name').inputValue(), 'Harbour board');
  await banner.getByRole('button', { name: 'Sign in' }).click();
  await grace.choosesPerson('Grace');
  await grace.page.getByRole('heading', { name: 'New app' }).waitFor();
  assert.equal(await grace.page.getByLabel('Name').inputValue(), 'Harbour board');
  await grace.page.getByRole('button', { name: 'Create app' }).click();
  await grace.page.getByRole('heading', { name: 'Harbour board' }).waitFor();
  grace.expects(/status of 40[01]/);
  await grace.leaves();
});

test('a sign-in that did not start in this tab is refused', async () => {
  const mallory = await on.visitor();
  await mallory.page.goto('/?code=stolen&state=forged');
  await mallory.page.getByText('Sign in to continue').waitFor();
  assert.equal(new URL(mallory.page.url()).search, '');
  await mallory.leaves();
});

test('an address that begins with two slashes is a page of the portal, which stays usable', async () => {
  const ada = await on.visitor();
  await ada.page.goto('/');
  await ada.page.getByRole('heading', { name: 'APIs to build on' }).waitFor();
  await ada.page.goto(`${new URL(ada.page.url()).origin}//example.org/x`);
  await ada.page.getByRole('heading', { name: 'Page not found' }).waitFor();
  assert.equal(new URL(ada.page.url()).pathname, '/example.org/x');
  await usable(ada.page, 'a page that does not exist');
  await ada.page.getByRole('main').getByRole('link').first().click();
  await ada.page.getByRole('heading', { name: 'APIs to build on' }).waitFor();
  await ada.leaves();
});
