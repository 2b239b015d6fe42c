/** The OpenAPI document of a product: uploaded by an administrator, read and tried by a consumer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { usable } from '../browser.ts';
import { usableInEveryLook } from '../looks.ts';
import { stage } from '../stage.ts';

const on = stage();

const DOCUMENT = `openapi: 3.1.0
info: {title: Weather, version: 1.4.0, description: Forecasts for any place.}
paths:
  /forecast/{place}:
    get:
      summary: The forecast of a place
      parameters:
        - {name: place, in: path, required: true, schema: {type: string, example: emden}}
        - {name: hours, in: query, description: How far to look ahead., schema: {type: integer, maximum: 48}}
      responses:
        200:
          description: The forecast.
          content: {application/json: {schema: {$ref: '#/components/schemas/Forecast'}}}
components:
  schemas:
    Forecast: {type: object, required: [wind], properties: {wind: {type: number, description: In metres per second.}}}
`;

const file = (text: string) => ({ name: 'weather.yaml', mimeType: 'application/yaml', buffer: Buffer.from(text) });

// P41.
test('an administrator uploads a document, and sees its faults and what it breaks', async () => {
  const owen = await on.signedIn('Owen', '/admin/products/maps-api');
  const { page } = owen;
  const panel = page.getByRole('region', { name: 'OpenAPI document' });
  await panel.getByText('No document yet').waitFor();
  await usableInEveryLook(page, 'a product without a document');

  await panel.getByLabel('Upload a document').setInputFiles(file(DOCUMENT.replace('title: Weather, ', '')));
  await panel.getByText('Line 2').waitFor();
  await panel.getByText('is missing').waitFor();
  owen.expects(/400/);
  await panel.getByLabel('Upload a document').setInputFiles(file(DOCUMENT));
  await panel.getByText('Weather was uploaded: 1 operation.').waitFor();
  assert.equal(await panel.getByText('Line 2').count(), 0, 'the faults are gone');

  await panel
    .getByLabel('Replace the document')
    .setInputFiles(file(DOCUMENT.replace('hours, in: query', 'hours, required: true, in: query')));
  await panel.getByText('the query parameter hours is required now').waitFor();
  await usableInEveryLook(page, 'a product whose document was replaced');

  // The product has another version by now, and can be changed all the same.
  await page.getByLabel('Support', { exact: false }).first().fill('maps-help@example.com');
  await page.getByLabel('Status').selectOption('Deprecated');
  await page.getByLabel('May stop working on').fill('2027-06-30');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText(/^Saved/).waitFor();

  await panel.getByRole('button', { name: 'Delete document' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete document' }).click();
  await panel.getByText('The document was deleted.').waitFor();
  await panel.getByText('No document yet').waitFor();
  await owen.leaves();

  const ada = await on.signedIn('Ada', '/catalogues/public-apis/maps-api');
  await ada.page.getByText('may stop working on').waitFor();
  await ada.page.getByRole('link', { name: 'maps-help@example.com' }).waitFor();
  assert.equal(await ada.page.getByRole('heading', { name: 'API reference' }).count(), 0);
  await ada.leaves();
});

// P41, P42.
test('a consumer reads the reference and tries an operation with a key of their own', async () => {
  await on.stack.api(
    'owen',
    'PUT',
    '/v1/admin/products/weather-api/openapi',
    JSON.parse(
      JSON.stringify({
        openapi: '3.1.0',
        info: { title: 'Weather', version: '1.4.0' },
        paths: {
          '/forecast/{place}': {
            get: {
              summary: 'The forecast of a place',
              parameters: [{ name: 'place', in: 'path', required: true, schema: { type: 'string', example: 'emden' } }],
              responses: { '200': { description: 'The forecast.' } },
            },
          },
        },
      }),
    ),
  );
  const ada = await on.signedIn('Ada', '/catalogues/public-apis/weather-api');
  const { page } = ada;
  const operation = page.getByRole('group').filter({ hasText: '/forecast/{place}' });
  await page.getByRole('heading', { name: 'API reference' }).waitFor();
  await operation.getByText('The forecast of a place').click();
  await operation.getByText('You have no active key').waitFor();
  await operation.getByText('$API_KEY').waitFor();
  await usableInEveryLook(page, 'the reference without access');

  const { id } = await on.stack.api('ada', 'POST', '/v1/access-requests', {
    catalogue_id: 'public-apis',
    product_ids: ['weather-api'],
    plan_id: 'free',
    new_app: { name: 'Storm glass' },
  });
  await page.goto(`/access-requests/${id}`);
  await page.getByText('Your access is ready').waitFor();
  await page.goto('/catalogues/public-apis/weather-api');
  await page.getByRole('region', { name: 'Your access' }).getByRole('link', { name: 'Storm glass' }).waitFor();
  await operation.getByText('The forecast of a place').click();
  await operation.getByRole('textbox', { name: 'place' }).fill('borkum');
  await operation.getByText('/forecast/borkum').waitFor();
  await operation.getByRole('button', { name: 'Send request' }).click();
  await operation.getByText(/^200/).waitFor();
  await usableInEveryLook(page, 'an operation that was tried');

  // The key was revealed for it, which is on record.
  const { items } = await on.stack.local('GET', '/events');
  assert.equal(
    items.filter((event: { 'detail-type': string }) => event['detail-type'] === 'CredentialRevealed').length,
    1,
  );
  await ada.leaves();
});

test('an API at another origin is not called from the page, which says why', async () => {
  await on.stack.api('owen', 'PUT', '/v1/admin/products/maps-api/openapi', {
    openapi: '3.1.0',
    info: { title: 'Maps', version: '1.0.0' },
    paths: { '/tiles': { get: { summary: 'Some tiles', responses: { '200': { description: 'Tiles.' } } } } },
  });
  const { id } = await on.stack.api('ada', 'POST', '/v1/access-requests', {
    catalogue_id: 'public-apis',
    product_ids: ['maps-api'],
    plan_id: 'free',
    new_app: { name: 'Elsewhere' },
  });
  const ada = await on.signedIn('Ada', `/access-requests/${id}`);
  const { page } = ada;
  await page.getByText('Your access is ready').waitFor();
  const config = await (await fetch(`${on.stack.origin}/config.json`)).json();
  for (const [product_url, why] of [
    ['https://maps.example.com/{product_id}', 'This API is at https://maps.example.com.'],
    [undefined, 'This portal does not know the address of the API.'],
  ]) {
    await page.route('**/config.json', (route) => route.fulfill({ json: { ...config, product_url } }));
    await page.goto('/catalogues/public-apis/maps-api');
    const operation = page.getByRole('group').filter({ hasText: '/tiles' });
    await operation.getByText('Some tiles').click();
    await operation.getByText(why ?? '').waitFor();
    assert.equal(await operation.getByRole('button', { name: 'Send request' }).count(), 0);
    await usable(page, 'an API that is elsewhere');
    await page.unroute('**/config.json');
  }
  await ada.leaves();
});

test('what only the reference needs is loaded only for products that have one', async () => {
  const grace = await on.signedIn('Grace');
  const loaded: string[] = [];
  grace.page.on('request', (request) => loaded.push(request.url()));
  await grace.page.goto('/catalogues/partner-apis/fleet-api');
  await grace.page.getByRole('heading', { name: 'Plans' }).waitFor();
  assert.deepEqual(
    loaded.filter((url) => /Reference|\/openapi$/.test(url)),
    [],
  );
  await grace.leaves();
});

test('a catalogue recommends a plan, and a product says how long a decision usually takes', async () => {
  const owen = await on.signedIn('Owen', '/admin/catalogues/public-apis');
  await owen.page.getByLabel('Recommended plan').selectOption('Gold');
  await usableInEveryLook(owen.page, 'a catalogue that recommends a plan');
  await owen.page.getByRole('button', { name: 'Save changes' }).click();
  await owen.page.getByText(/Saved as version/).waitFor();
  await owen.leaves();

  const ada = await on.signedIn('Ada', '/catalogues/public-apis/maps-api');
  const { page } = ada;
  const gold = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Gold' }) });
  await gold.getByText('Recommended').waitFor();
  assert.equal(await page.getByText('Recommended').count(), 1);
  assert.equal(await page.getByText(/half of the latest requests/).count(), 0, 'nobody knows yet');
  for (let n = 0; n < 5; n += 1) {
    const wanted = { catalogue_id: 'public-apis', product_ids: ['maps-api'], plan_id: 'gold' };
    const order = { ...wanted, new_app: { name: `Gauge ${n}` } };
    const { id } = await on.stack.api('grace', 'POST', '/v1/access-requests', order);
    await on.stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/approve`, {});
  }
  await page.reload();
  await page.getByText(/People decided on half of the latest requests within .*second/).waitFor();
  await usableInEveryLook(page, 'a product with a recommended plan');
  await on.stack.edit('/v1/admin/catalogues/public-apis', (shelf) => (shelf.recommended_plan_id = null));
  await ada.leaves();
});
