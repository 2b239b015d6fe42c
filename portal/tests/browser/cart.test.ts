/** The way from a catalogue to a key, as a person goes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Page } from 'playwright-core';

import { focused, inWindow, LOOKS, usable } from '../browser.ts';
import { stage } from '../stage.ts';

const on = stage();

/** R9 to R11: from the catalogues by "More info" to a plan. */
async function choose(page: Page, product: string, plan: string): Promise<void> {
  await page.getByRole('link', { name: 'Catalogues' }).first().click();
  await page.getByRole('link', { name: `More info on ${product}` }).click();
  await page.getByRole('button', { name: `Access with this Plan: ${plan}` }).click();
  await page.getByText(`${product} with the ${plan} plan is in your cart.`).waitFor();
}

for (const { name, options } of LOOKS) {
  // R3 to R5, R8 to R20, R26, R28.
  test(`a request is reviewed, from the catalogues to the key (${name})`, async () => {
    const { page, ...ada } = await on.signedIn('Ada', '/', options).then((visitor) => {
      return { page: visitor.page, visitor };
    });
    const visitor = ada.visitor;

    // R3, R8, R9: the catalogues that Ada is shown, and no other.
    await page.getByRole('heading', { name: 'Public APIs' }).waitFor();
    await page.getByRole('link', { name: 'More info on Payments API' }).waitFor();
    assert.equal(await page.getByText('Fleet API').count(), 0, 'R8: partners alone see it');
    await usable(page, 'the catalogues');

    // R10: the product's page lists its plans, with their terms.
    await page.getByRole('link', { name: 'More info on Weather API' }).click();
    await page.getByRole('heading', { name: 'Weather API', level: 1 }).waitFor();
    const gold = page.getByRole('listitem').filter({ hasText: 'For production' });
    assert.match(await gold.innerText(), /100 per second[\s\S]*Reviewed by an API Owner/);
    await usable(page, 'the product');

    // R11, R12, R13: into the cart, at the top right, twice.
    const cart = page.getByRole('banner').getByRole('link', { name: /^Cart/ });
    assert.equal(await cart.getAttribute('aria-label'), 'Cart, empty');
    await choose(page, 'Weather API', 'Gold');
    await choose(page, 'Maps API', 'Gold');
    assert.equal(await cart.getAttribute('aria-label'), 'Cart, 2 products');
    const box = (await cart.boundingBox()) ?? assert.fail('the cart is there');
    const width = page.viewportSize()?.width ?? 0;
    assert.ok(box.x > width / 2 && box.y < 80, 'R13: at the top right');

    // R14, R15, R16: both products, their one authentication method, their one plan. R17, R19: an app, made on the way.
    await cart.click();
    await page.getByRole('heading', { name: 'Cart', level: 1 }).waitFor();
    const products = page.getByRole('region', { name: 'Products' });
    assert.match(await products.innerText(), /Weather API[\s\S]*Maps API[\s\S]*Gold[\s\S]*API key/);
    // After the first walk there are apps to choose from.
    await page.getByRole('radio', { name: 'A new app' }).check();
    await page.getByLabel('Name').fill(`Storm warnings, ${name}`);
    await page.getByLabel('What do you need it for?').fill('To warn sailors in time.');
    await usable(page, 'the cart');

    // R4, R5, R20: one request for all of it, which waits for an owner.
    await page.getByRole('button', { name: 'Submit request' }).click();
    await page.getByRole('heading', { name: 'Weather API and Maps API', level: 1 }).waitFor();
    await page.getByText('Waiting for a decision').waitFor();
    await page.getByText('To warn sailors in time.').waitFor();
    assert.equal(await cart.getAttribute('aria-label'), 'Cart, empty');
    await usable(page, 'a pending request');

    // R26, R28: the page follows the decision by itself.
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    await on.stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/approve`, { note: 'Fair winds.' });
    await page.getByText('Access granted').waitFor();
    await page.getByText('Fair winds.').waitFor();
    await usable(page, 'a request that was granted');

    // R18: the key is in the app, and opens what was granted.
    await page.getByRole('link', { name: 'Open the app' }).click();
    await page.getByRole('heading', { name: `Storm warnings, ${name}`, level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Reveal key' }).click();
    const snippet = await page.getByRole('region', { name: 'the command that calls Weather API' }).innerText();
    const [, address, key] =
      /^curl '([^']+)' \\\n\s+--header 'x-api-key: ([^']+)'$/.exec(snippet) ?? assert.fail(snippet);
    assert.equal((await fetch(address ?? '', { headers: { 'x-api-key': key ?? '' } })).status, 200);
    await usable(page, 'an app with its key');

    const { items: mails } = await on.stack.local('GET', '/mail');
    const told = mails.filter((mail: { template: string; to: string[]; text: string }) => {
      return (
        mail.template === 'approve' &&
        mail.to.includes('ada@example.com') &&
        mail.text.includes(`Storm warnings, ${name}`)
      );
    });
    assert.equal(told.length, 1, 'R28: and it came by mail, once');
    await visitor.leaves();
  });
}

// R33.
test('products are searched across catalogues, each listed once, and the way back keeps the search', async () => {
  await on.stack.edit('/v1/admin/catalogues/partner-apis', (catalogue) => catalogue.product_ids.push('weather-api'));
  const grace = await on.signedIn('Grace');
  const { page } = grace;
  await page.getByRole('searchbox', { name: 'Search products' }).fill('weath');
  await page.getByText('1 product', { exact: true }).waitFor();
  const found = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'Weather API' }) });
  assert.equal(await found.count(), 1);
  assert.match(await found.innerText(), /In (Partner APIs and Public APIs|Public APIs and Partner APIs)/);
  await usable(page, 'the results of a search');
  await found.getByRole('link').click();
  await page.getByRole('heading', { name: 'Weather API', level: 1 }).waitFor();
  await page.goBack();
  await page.getByText('1 product', { exact: true }).waitFor();
  await page.getByRole('searchbox').fill('');
  await page.getByRole('combobox', { name: 'Authentication' }).selectOption('OAuth 2.0');
  await page.getByRole('link', { name: 'Payments API' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Weather API' }).count(), 0);
  await on.stack.edit('/v1/admin/catalogues/partner-apis', (catalogue) => catalogue.product_ids.pop());
  await grace.leaves();
});

test('a request with an automatic plan is granted while its page is open', async () => {
  const grace = await on.signedIn('Grace');
  await choose(grace.page, 'Fleet API', 'Free');
  await grace.page.getByRole('link', { name: 'Open the cart' }).click();
  await grace.page.getByLabel('Name').fill('Night watch');
  await grace.page.getByRole('button', { name: 'Submit request' }).click();
  await grace.page.getByText('Access granted').waitFor();
  await grace.page.getByText('Approval policy of the Free plan').waitFor();
  await grace.leaves();
});

// R15, R16.
test('a conflict with the cart is explained beside the plan and solved in place', async () => {
  await on.stack.api('olga', 'DELETE', '/v1/cart');
  const olga = await on.signedIn('Olga');
  await choose(olga.page, 'Weather API', 'Gold');

  await olga.page.setViewportSize({ width: 360, height: 740 });
  await olga.page.goto('/catalogues/public-apis/payments-api');
  await olga.page.getByRole('button', { name: 'Access with this Plan: Gold' }).click();
  const note = olga.page.getByRole('alert');
  await note.getByText('Mixed authentication methods').waitFor();
  await note.getByText('A cart is for one authentication method').waitFor();
  await focused(olga.page, 'plan-problem');
  assert.ok(await inWindow(note), 'the message is where the person looks');
  await usable(olga.page, 'a product with another authentication method');

  await olga.page.goto('/catalogues/public-apis/maps-api');
  await olga.page.getByRole('button', { name: 'Access with this Plan: Free' }).click();
  await note.getByText('Mixed plans').waitFor();
  await note.getByRole('button', { name: 'Switch the cart to Free' }).click();
  await olga.page.getByText('Maps API with the Free plan is in your cart.').waitFor();
  const { items, plan_id } = await on.stack.api('olga', 'GET', '/v1/cart');
  assert.deepEqual([items.length, plan_id], [2, 'free']);

  await olga.page.goto('/catalogues/public-apis/payments-api');
  await olga.page.getByRole('button', { name: 'Access with this Plan: Gold' }).click();
  await note.getByRole('button', { name: 'Empty the cart and add this' }).click();
  await olga.page.getByText('Payments API with the Gold plan is in your cart.').waitFor();
  await olga.page.getByRole('link', { name: 'Open the cart' }).click();
  await olga.page.getByRole('button', { name: 'Empty cart' }).click();
  const dialog = olga.page.getByRole('dialog', { name: 'Empty your cart?' });
  await usable(olga.page, 'the question before the cart is emptied');
  await olga.page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal((await on.stack.api('olga', 'GET', '/v1/cart')).items.length, 1, 'Enter alone empties nothing');
  await olga.page.getByRole('button', { name: 'Empty cart' }).click();
  await dialog.getByRole('button', { name: 'Empty cart' }).click();
  await olga.page.getByText('Your cart is empty').waitFor();
  await usable(olga.page, 'the empty cart');
  olga.expects(/status of 422/);
  await olga.leaves();
});

test('a cart that was changed in another window is not submitted unseen', async () => {
  await on.stack.api('olga', 'DELETE', '/v1/cart');
  const olga = await on.signedIn('Olga');
  await choose(olga.page, 'Weather API', 'Gold');
  await olga.page.getByRole('link', { name: 'Open the cart' }).click();
  await olga.page.getByRole('radio', { name: 'A new app' }).check();
  await olga.page.getByLabel('Name').fill('Two windows');
  const item = { plan_id: 'gold', catalogue_id: 'public-apis' };
  await on.stack.api('olga', 'PUT', '/v1/cart/items/maps-api', item);
  await olga.page.getByRole('button', { name: 'Submit request' }).click();
  const note = olga.page.getByRole('alert').filter({ hasText: 'Your cart was changed in another window' });
  await note.getByText('Added: Maps API.').waitFor();
  await focused(olga.page, 'cart-changed');
  await usable(olga.page, 'a cart that was changed in another window');
  await olga.page.getByRole('button', { name: 'Submit request' }).click();
  await olga.page.getByRole('heading', { name: 'Weather API and Maps API', level: 1 }).waitFor();
  olga.expects(/status of 412/);
  await olga.leaves();
});

test('automatic approval is promised to nobody whose request will wait', async () => {
  const trusted = { id: 'trusted', name: 'Trusted', auto_approve: true, auto_approve_when: { groups: ['partners'] } };
  const guarded = { ...trusted, id: 'guarded', name: 'Guarded', approvals_required: 2 };
  for (const plan of [trusted, guarded]) await on.stack.api('owen', 'POST', '/v1/admin/plans', plan);
  await on.stack.edit('/v1/admin/catalogues/public-apis', (catalogue) => catalogue.plan_ids.push('trusted', 'guarded'));
  const terms = async (name: string, planName: string) => {
    const person = await on.signedIn(name, '/catalogues/public-apis/maps-api');
    const plan = person.page
      .getByRole('listitem')
      .filter({ has: person.page.getByRole('heading', { name: planName }) });
    await plan.waitFor();
    const text = await plan.innerText();
    await person.leaves();
    return text;
  };
  assert.match(await terms('Grace', 'Trusted'), /Approval\s+Automatic/);
  assert.doesNotMatch(await terms('Ada', 'Trusted'), /Automatic/);
  assert.match(await terms('Grace', 'Guarded'), /Approval\s+Two API Owners approve/);
});

test('a product that became unavailable is named, and the rest can be submitted', async () => {
  await on.stack.api('olga', 'DELETE', '/v1/cart');
  const olga = await on.signedIn('Olga');
  await choose(olga.page, 'Weather API', 'Gold');
  await choose(olga.page, 'Maps API', 'Gold');
  await olga.page.goto('/cart');
  await olga.page.getByRole('radio', { name: 'A new app' }).check();
  await olga.page.getByLabel('Name').fill('Gale board');
  await on.stack.edit('/v1/admin/products/maps-api', (product) => (product.published = false));
  await olga.page.getByRole('button', { name: 'Submit request' }).click();
  await olga.page.getByText('Some products are no longer available').waitFor();
  assert.equal(await olga.page.getByLabel('Name').inputValue(), 'Gale board', 'what was typed is kept');
  await usable(olga.page, 'a cart of which something is gone');
  await olga.page
    .getByRole('button', { name: /^Remove / })
    .nth(1)
    .click();
  await olga.page.getByText('Some products are no longer available').waitFor({ state: 'detached' });
  await olga.page.getByRole('button', { name: 'Submit request' }).click();
  await olga.page.getByRole('heading', { name: 'Weather API', level: 1 }).waitFor();
  await on.stack.edit('/v1/admin/products/maps-api', (product) => (product.published = true));
  olga.expects(/status of 422/);
  await olga.leaves();
});

// R20.
test('a double click on submit files one request', async () => {
  await on.stack.api('olga', 'DELETE', '/v1/cart');
  const olga = await on.signedIn('Olga');
  await choose(olga.page, 'Maps API', 'Gold');
  await olga.page.getByRole('link', { name: 'Open the cart' }).click();
  await olga.page.getByRole('radio', { name: 'A new app' }).check();
  await olga.page.getByLabel('Name').fill('Twice');
  await olga.page.getByRole('button', { name: 'Submit request' }).dblclick();
  await olga.page.getByText('Waiting for a decision').waitFor();
  const { items } = await on.stack.api('olga', 'GET', '/v1/access-requests?status=pending');
  assert.equal(items.filter((request: { app: { name: string } }) => request.app.name === 'Twice').length, 1);
  await olga.leaves();
});

test('a missing field is marked and focused', async () => {
  const owen = await on.signedIn('Owen');
  await choose(owen.page, 'Weather API', 'Free');
  await owen.page.getByRole('link', { name: 'Open the cart' }).click();
  const name = owen.page.getByLabel('Name');
  await name.waitFor();
  await owen.page.getByRole('button', { name: 'Submit request' }).click();
  await owen.page.getByText('Give the app a name.').waitFor();
  assert.equal(await name.getAttribute('aria-invalid'), 'true');
  assert.ok(await name.evaluate((field) => field === document.activeElement), 'and it has the focus');
  await usable(owen.page, 'a form that lacks something');
  await owen.leaves();
});
