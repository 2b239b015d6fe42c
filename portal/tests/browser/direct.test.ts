/** The direct flow, and adding products to a credential. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LOOKS, usable } from '../browser.ts';
import { stage } from '../stage.ts';

const on = stage();

async function flow(access_flow: 'cart' | 'direct' | 'both'): Promise<void> {
  await on.stack.edit('/v1/admin/settings', (settings) => (settings.access_flow = access_flow));
}

for (const { name, options } of LOOKS) {
  // R4, R5, R10, R33.
  test(`one product is requested directly with one plan (${name})`, async () => {
    await flow('direct');
    const ada = await on.signedIn('Ada', '/catalogues/public-apis/weather-api', options);
    await ada.page.getByRole('link', { name: 'Access with this Plan: Free' }).waitFor();
    assert.equal(
      await ada.page.getByRole('banner').getByRole('link', { name: /^Cart/ }).count(),
      0,
      'there is no cart',
    );
    await ada.page.getByRole('link', { name: 'Access with this Plan: Free' }).click();
    await ada.page.getByRole('heading', { name: 'Request access to Weather API' }).waitFor();
    await ada.page.getByRole('radio', { name: 'A new app' }).check();
    await ada.page.getByLabel('Name').fill(`Direct, ${name}`);
    await usable(ada.page, 'the direct request');
    await ada.page.getByRole('button', { name: 'Submit request' }).click();
    await ada.page.getByText('Access granted').waitFor();
    await ada.leaves();
  });
}

test('the cart and the direct request are offered when the setting allows both', async () => {
  await flow('both');
  const ada = await on.signedIn('Ada', '/catalogues/public-apis/maps-api');
  await ada.page.getByRole('button', { name: 'Access with this Plan: Gold' }).waitFor();
  await ada.page.getByRole('link', { name: /without the cart, with Gold/ }).click();
  await ada.page.getByRole('heading', { name: 'Request access to Maps API' }).waitFor();
  await ada.leaves();
});

test('only the cart is offered when the setting says so', async () => {
  await flow('cart');
  const ada = await on.signedIn('Ada', '/catalogues/public-apis/maps-api');
  await ada.page.getByRole('button', { name: 'Access with this Plan: Gold' }).waitFor();
  assert.equal(await ada.page.getByRole('link', { name: /without the cart/ }).count(), 0);
  await ada.leaves();
  await flow('both');
});

// R17, R18.
test('products are added to a credential that an app has', async () => {
  const order = {
    catalogue_id: 'public-apis',
    product_ids: ['weather-api'],
    plan_id: 'free',
    new_app: { name: 'Growing' },
  };
  const { app } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  await grace.page.getByRole('button', { name: 'Add products' }).click();
  await grace.page.getByRole('link', { name: 'More info on Maps API' }).click();
  await grace.page.getByRole('button', { name: 'Access with this Plan: Free' }).click();
  await grace.page.getByRole('link', { name: 'Open the cart' }).click();
  await grace.page.getByRole('radio', { name: /Add to gp_/ }).waitFor();
  assert.ok(await grace.page.getByRole('radio', { name: 'Growing' }).isChecked(), 'the app is chosen already');
  assert.ok(await grace.page.getByRole('radio', { name: /Add to gp_/ }).isChecked(), 'and the credential');
  await usable(grace.page, 'a cart for an existing credential');
  await grace.page.getByRole('button', { name: 'Submit request' }).click();
  await grace.page.getByText('Request to extend a credential').waitFor();
  await grace.page.getByText('Access granted').waitFor();
  await grace.page.getByRole('link', { name: 'Open the app' }).click();
  await grace.page.getByRole('heading', { name: 'Weather API and Maps API' }).waitFor();
  const { items } = await on.stack.api('grace', 'GET', `/v1/apps/${app.id}/credentials`);
  assert.equal(items.length, 1, 'one credential opens both');
  await grace.leaves();
});

// R17, R18.
test('without a cart, products are added to a credential directly', async () => {
  await flow('direct');
  const order = {
    catalogue_id: 'public-apis',
    product_ids: ['weather-api'],
    plan_id: 'free',
    new_app: { name: 'Branch' },
  };
  const { app } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
  const grace = await on.signedIn('Grace', `/apps/${app.id}`);
  await grace.page.getByRole('button', { name: 'Add products' }).click();
  await grace.page.getByRole('link', { name: 'More info on Maps API' }).click();
  await grace.page.getByRole('link', { name: 'Access with this Plan: Free' }).click();
  await grace.page.getByRole('radio', { name: /Add to gp_/ }).waitFor();
  assert.ok(await grace.page.getByRole('radio', { name: /Add to gp_/ }).isChecked());
  await grace.page.getByRole('button', { name: 'Submit request' }).click();
  await grace.page.getByText('Request to extend a credential').waitFor();
  await grace.page.getByText('Access granted').waitFor();
  await grace.leaves();
});
