import assert from 'node:assert/strict';
import { test } from 'node:test';

import { extensible, NEW_APP, EMPTY_INPUT, submission } from '../../src/requests/request-form.ts';
import { differences, toForm, toProfile } from '../../src/apps/profile.ts';
import { curl } from '../../src/apps/snippet.ts';
import { isOpen, standing } from '../../src/requests/standing.ts';

test('a form becomes what the API takes', () => {
  const made = { ...EMPTY_INPUT, app: NEW_APP, name: ' Pier ', justification: '  ', extends: 'left over' };
  assert.deepEqual(submission(made), { new_app: { name: 'Pier', description: '' } });
  const existing = { ...EMPTY_INPUT, app: 'a', extends: 'c', justification: 'Why' };
  assert.deepEqual(submission(existing), { app_id: 'a', extends_credential_id: 'c', justification: 'Why' });
});

test('a credential can be extended that is live, of the same terms, and lacks the products', () => {
  const credential = {
    id: 'c',
    app_id: 'a',
    request_id: 'r',
    auth_method: 'api_key',
    prefix: 'gp_1',
    last_four: '2345',
    plan_id: 'free',
    status: 'active',
    keys: [],
    created_at: '',
    updated_at: '',
    version: 1,
    grants: [{ product_id: 'weather-api', status: 'active' }],
  } as const;
  const wanted = { planId: 'free', authMethod: 'api_key', productIds: ['maps-api'] } as const;
  const fits = (change: object, want: object = {}) =>
    extensible([{ ...credential, grants: [...credential.grants], keys: [], ...change }], { ...wanted, ...want })
      .length === 1;
  assert.ok(fits({}));
  assert.ok(fits({ grants: [{ product_id: 'maps-api', status: 'revoked' }] }));
  assert.ok(!fits({ status: 'suspended' }));
  assert.ok(!fits({}, { planId: 'gold' }));
  assert.ok(!fits({}, { authMethod: 'oauth2' }));
  assert.ok(!fits({}, { productIds: ['maps-api', 'weather-api'] }));
});

test('only the app of a team has a team', () => {
  const form = {
    name: 'A',
    description: '',
    visibility: 'personal',
    team: 'builders',
    redirects: 'https://a\n\n https://b ',
  } as const;
  assert.deepEqual(toProfile(form), {
    name: 'A',
    description: '',
    visibility: 'personal',
    team: null,
    redirect_uris: ['https://a', 'https://b'],
  });
  assert.deepEqual(differences(form, { ...toForm(toProfile(form)), name: 'B' }), ['name', 'team', 'redirects']);
});

test('a command is one that a shell takes as it is', () => {
  assert.equal(
    curl('https://api.example.com/{product_id}/v1', 'weather-api', "gp_a'b"),
    "curl 'https://api.example.com/weather-api/v1' \\\n  --header 'x-api-key: gp_a'\\''b'",
  );
});

test('approved is not the same as having a key', () => {
  const request = (status: string, provisioning: string, review = 'manual') =>
    ({ status, provisioning: { status: provisioning, attempts: 0 }, policy: { review } }) as Parameters<
      typeof standing
    >[0];
  assert.equal(standing(request('pending', 'none', 'automatic')), 'deciding');
  assert.equal(standing(request('approved', 'queued')), 'queued');
  assert.equal(standing(request('approved', 'failed')), 'failed');
  assert.equal(standing(request('rejected', 'none')), 'rejected');
  assert.deepEqual(
    [request('pending', 'none'), request('approved', 'queued'), request('approved', 'provisioned')].map(isOpen),
    [true, true, false],
  );
});
