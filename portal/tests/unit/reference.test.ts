/** The reference, from documents as people upload them; and calls as they are sent. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { call, command, isCallable } from '../../src/catalogue/reference/call.ts';
import { having, type JsonObject, read } from '../../src/catalogue/reference/document.ts';

const DOCUMENT: JsonObject = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '2.1', description: 'Place and follow orders.' },
  servers: [{ url: 'https://api.example.com/v2' }],
  tags: [{ name: 'orders', description: 'What was ordered.' }],
  paths: {
    '/orders/{id}': {
      parameters: [{ $ref: '#/components/parameters/Id' }, { name: 'lang', in: 'query', schema: { type: 'string' } }],
      get: {
        tags: ['orders'],
        summary: 'One order',
        parameters: [{ name: 'lang', in: 'query', required: true, schema: { type: 'string', enum: ['de', 'en'] } }],
        responses: {
          '200': {
            description: 'The order.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
          },
        },
      },
      put: {
        operationId: 'replaceOrder',
        deprecated: true,
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
        },
        responses: { '204': { description: 'Replaced.' } },
      },
    },
  },
  components: {
    parameters: { Id: { name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 }, example: 7 } },
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
    schemas: {
      Order: {
        allOf: [{ $ref: '#/components/schemas/Named' }],
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer', description: 'In pieces.', maximum: 9 },
          lines: { type: 'array', items: { type: 'object', properties: { sku: { type: 'string', example: 'A-1' } } } },
          parent: { $ref: '#/components/schemas/Order' },
        },
      },
      Named: { type: 'object', properties: { name: { type: ['string', 'null'] } } },
    },
  },
};

test('operations are grouped by tag, with the parameters of their path', () => {
  const reference = read(DOCUMENT);
  assert.deepEqual(
    [reference.title, reference.version, reference.servers],
    ['Orders', '2.1', ['https://api.example.com/v2']],
  );
  assert.deepEqual(reference.security, [{ name: 'key', text: 'x-api-key (header)' }]);
  assert.deepEqual(
    reference.groups.map(({ name, description, operations }) => [name, description, operations.map(({ id }) => id)]),
    [
      ['orders', 'What was ordered.', ['get /orders/{id}']],
      ['', '', ['put /orders/{id}']],
    ],
  );
  const [get] = reference.groups[0]?.operations ?? [];
  // The operation's own parameter replaces that of the path.
  assert.deepEqual(
    get?.parameters.map(({ name, place, required, example, limits }) => [name, place, required, example, limits]),
    [
      ['id', 'path', true, '7', ['minimum 1']],
      ['lang', 'query', true, 'de', ['de, en']],
    ],
  );
});

test('a schema is shown with what it refers to, and ends where it contains itself', () => {
  const body = read(DOCUMENT).groups[1]?.operations[0]?.body;
  const rows = body?.contents[0]?.rows.map(({ name, level, type, required }) => [name, level, type, required]);
  assert.deepEqual(rows, [
    ['name', 0, 'string | null', false],
    ['size', 0, 'integer', true],
    ['lines', 0, 'object[]', false],
    ['sku', 1, 'string', false],
    ['parent', 0, 'object', false],
  ]);
  assert.equal(body?.required, true);
  const example = JSON.parse(body?.contents[0]?.example ?? '') as JsonObject;
  assert.deepEqual([example['name'], example['size'], example['lines']], ['string', 0, [{ sku: 'A-1' }]]);
});

test('a document that leads in circles or nowhere shows what it can', () => {
  const odd: JsonObject = {
    paths: { '/a': { get: { responses: { '200': { $ref: '#/components/responses/A' } } } }, '/b': null },
    components: { responses: { A: { $ref: '#/components/responses/A' } }, schemas: [] },
  };
  assert.equal(read(odd).groups[0]?.operations[0]?.responses[0]?.description, '');
  assert.deepEqual(read({}).groups, []);
});

test('schemas that contain themselves in every way are shown as far as one reads', () => {
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const names = Array.from({ length: 12 }, (_, at) => `S${at}`);
  const schemas = {
    List: { type: 'array', items: ref('List') },
    Either: { oneOf: [ref('Either'), ref('List')] },
    Broken: { $ref: '#/components/schemas/%zz' },
    // Each of twelve contains all of them: as alternatives, and as properties.
    ...Object.fromEntries(
      names.map((name) => [
        name,
        { anyOf: names.map(ref), properties: Object.fromEntries(names.map((other) => [other, ref(other)])) },
      ]),
    ),
  };
  const operation = (name: string) => ({
    get: { responses: { '200': { content: { 'application/json': { schema: ref(name) } } } } },
  });
  const paths = Object.fromEntries(['List', 'Either', 'Broken', 'S0'].map((name) => [`/${name}`, operation(name)]));
  const { groups } = read({ paths, components: { schemas } });
  const contents = groups[0]?.operations.map(({ responses }) => responses[0]?.contents[0]);
  assert.equal(contents?.[0]?.type, 'any[][][][]');
  assert.equal(contents?.[1]?.type, 'any[] | any[][] | any[][][]');
  assert.equal(contents?.[2]?.type, '');
  assert.equal(contents?.[3]?.rows.length, 200);
});

test('operations are found by their words', () => {
  const { groups } = read(DOCUMENT);
  const found = (words: string) => having(groups, words).flatMap(({ operations }) => operations.map(({ id }) => id));
  assert.deepEqual(found('ONE order'), ['get /orders/{id}']);
  assert.deepEqual(found('put orders'), ['put /orders/{id}']);
  assert.deepEqual(found('nothing'), []);
});

test('a call has its values in their places', () => {
  const [get] = read(DOCUMENT).groups[0]?.operations ?? [];
  assert.ok(get);
  const made = call('https://gateway.example.com/orders', get, { 'path id': 'a/b', 'query lang': 'en' }, '', "gp_it's");
  assert.ok(made);
  assert.equal(made.address, 'https://gateway.example.com/orders/orders/a%2Fb?lang=en');
  assert.deepEqual(made.headers, { 'x-api-key': "gp_it's" });
  assert.equal(
    command(made),
    "curl 'https://gateway.example.com/orders/orders/a%2Fb?lang=en' \\\n  --header 'x-api-key: gp_it'\\''s'",
  );
});

test('no value leads out of the path of the operation', () => {
  const [get] = read(DOCUMENT).groups[0]?.operations ?? [];
  assert.ok(get);
  const to = (id: string, path = get.path) =>
    call('https://gateway.example.com/a', { ...get, path }, { 'path id': id }, '', 'k');
  for (const id of ['..', '.', '../x', 'x/../../y', '..\\x', 'x/..']) assert.equal(to(id), null, id);
  assert.equal(to('7', '/%2E%2e/other/{id}'), null);
  assert.equal(to('', '/..{id}/other'), null, 'segments are looked at with their values');
  for (const id of ['a..b', '...', '.hidden', '%2e%2e', 'a/b'])
    assert.ok(new URL(to(id)?.address ?? '').pathname.startsWith('/a/orders/'), id);
});

test('a body is sent with its media type', () => {
  const [put] = read(DOCUMENT).groups[1]?.operations ?? [];
  assert.ok(put);
  const made = call('https://gateway.example.com/orders', put, { 'path id': '7' }, '{"size": 1}', 'k');
  assert.ok(made);
  assert.deepEqual([made.method, made.body, made.headers['Content-Type']], ['PUT', '{"size": 1}', 'application/json']);
  assert.match(command(made), /^curl --request PUT '[^']*' .*--data-raw '\{"size": 1\}'$/s);
});

test('the browser calls no other origin', () => {
  const here = 'https://portal.example.com';
  assert.equal(isCallable('https://portal.example.com/apis/x', here), true);
  for (const other of ['https://portal.example.com.evil.example/', 'http://portal.example.com/', 'nothing', '//x'])
    assert.equal(isCallable(other, here), false, other);
});
