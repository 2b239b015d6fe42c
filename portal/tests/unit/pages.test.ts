/** The CloudFront Function of `infra/portal.yaml`, which shows the index for the paths of pages. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Request {
  uri: string;
}

/** The function as CloudFront runs it: from the template's text. */
function handler(): (event: { request: Request }) => Request {
  const template = readFileSync(new URL('../../../infra/portal.yaml', import.meta.url), 'utf8');
  const code = /FunctionCode: \|\n((?: {8}.*\n)+)/.exec(template)?.[1];
  assert.ok(code, 'infra/portal.yaml has the code of a CloudFront Function');
  return new Function(`${code}; return handler;`)() as (event: { request: Request }) => Request;
}

test('pages are shown by the index, files by themselves', () => {
  const shown = (uri: string) => handler()({ request: { uri } }).uri;
  for (const page of ['/', '/apps', '/apps/', '/catalogues/public-apis/weather-api', '/problems/in-use']) {
    assert.equal(shown(page), '/index.html', page);
  }
  for (const file of ['/index.html', '/config.json', '/assets/app-C0ffee.js', '/mark.svg']) {
    assert.equal(shown(file), file);
  }
});
