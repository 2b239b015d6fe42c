import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inPortal } from '../../src/router/address.ts';
import { match, path } from '../../src/router/match.ts';
import { signOutAddress } from '../../src/session/sign-out.ts';

test('a pattern fits an address of as many parts, and names them', () => {
  assert.deepEqual(match('/', '/'), {});
  assert.deepEqual(match('/apps/:id', '/apps/a%2Fb'), { id: 'a/b' });
  assert.deepEqual(match('/apps', '/apps/'), {});
  for (const [pattern, address] of [
    ['/apps/:id', '/apps'],
    ['/apps/:id', '/apps/'],
    ['/apps/:id', '/apps/1/edit'],
    ['/apps/:id', '/requests/1'],
    ['/apps/:id', '/apps/%ff'],
  ] as const) {
    assert.equal(match(pattern, address), null, `${pattern} ${address}`);
  }
});

test('values in an address are encoded', () => {
  assert.equal(path`/apps/${'a/b?c'}/edit`, '/apps/a%2Fb%3Fc/edit');
});

test('each issuer is left by its own way', () => {
  const config = (authority: string) => ({ api: '', authority, client_id: 'portal' });
  const back = 'https://portal.example.com';
  const cognito = config('https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x');
  assert.equal(
    signOutAddress(cognito, 'https://in.example.com/logout', back),
    'https://in.example.com/logout?client_id=portal&logout_uri=https%3A%2F%2Fportal.example.com',
  );
  assert.equal(
    signOutAddress(config('https://issuer.example.com'), 'https://issuer.example.com/logout', back),
    'https://issuer.example.com/logout?client_id=portal&post_logout_redirect_uri=https%3A%2F%2Fportal.example.com',
  );
  assert.equal(signOutAddress(config('https://issuer.example.com'), undefined, back), back);
});

test('no address leads to another site', () => {
  const base = 'https://portal.example.com/apps?x=1';
  for (const [href, means] of [
    ['//evil.example/x?a=b', 'https://portal.example.com/evil.example/x?a=b'],
    ['/\\evil.example', 'https://portal.example.com/evil.example'],
    ['/requests#note', 'https://portal.example.com/requests#note'],
    ['?y=2', 'https://portal.example.com/apps?y=2'],
    ['https://portal.example.com/cart', 'https://portal.example.com/cart'],
  ] as const) {
    assert.equal(inPortal(href, base).href, means, href);
  }
});
