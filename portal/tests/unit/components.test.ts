/** Components whose markup depends on what is known, rendered on a server as Svelte renders them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { createServer, type ViteDevServer } from 'vite';

let vite: ViteDevServer;
before(async () => {
  vite = await createServer({ server: { middlewareMode: true, ws: false }, appType: 'custom', logLevel: 'error' });
});
after(() => vite.close());

/** The text of a component, with one space wherever there is any. */
async function text(component: string, props: object): Promise<string> {
  const [{ render }, { default: it }] = await Promise.all([
    vite.ssrLoadModule('svelte/server'),
    vite.ssrLoadModule(`/src/${component}.svelte`),
  ]);
  const html: string = render(it, { props }).body;
  return html
    .replace(/<!--.*?-->/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const credential = { keys: [{ origin: 'issued' }], revealed: null, last_used_at: null };
const revealed = { count: 3, last_at: '2026-11-24T12:00:00Z', last_by: { kind: 'person', id: 'grace', name: 'Grace' } };
const used = { last_used_at: '2026-11-24T00:00:00Z' };

test('the record of a credential claims nothing that is not known', async () => {
  const record = (change: object, owner = true) =>
    text('apps/RecordOfUse', { credential: { ...credential, ...change }, owner });
  assert.equal(await record({}), 'Revealed Not yet Last used Not known');
  assert.match(await record({ revealed }), /^Revealed 3 times, last by Grace on .*24.* Last used Not known$/);
  const nameless = { ...revealed, count: 1, last_by: { kind: 'person', id: 'grace' } };
  assert.match(await record({ revealed: nameless }), /^Revealed 1 time, last by grace on/);
  assert.match(await record(used, false), /^Last used .*24/, 'reveals are for the owner');
  const brought = await record({ keys: [{ origin: 'brought_along' }] });
  assert.equal(brought, 'Last used Not known', 'what cannot be revealed is not said to wait for it');
});
