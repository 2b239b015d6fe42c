import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csv } from '../../src/admin/requests/csv.ts';
import { matching, merge } from '../../src/catalogue/search.ts';

type Shelf = Parameters<typeof merge>[0][number];

function shelf(id: string, products: [string, 'api_key' | 'oauth2'][]): Shelf {
  return {
    id,
    name: id.toUpperCase(),
    description: '',
    product_ids: [],
    plan_ids: [],
    plans: [],
    more: false,
    version: 1,
    products: products.map(([name, auth_method]) => ({
      id: name.toLowerCase(),
      name,
      description: `About ${name}.`,
      auth_method,
      status: 'stable' as const,
      version: 1,
    })),
  };
}

test('a product in several catalogues is found once, with all of them', () => {
  const shelves = [shelf('b', [['Weather', 'api_key']]), shelf('a', [['Maps', 'oauth2'], ['Weather', 'api_key']])]; // prettier-ignore
  const all = merge(shelves);
  assert.deepEqual(all.map(({ product, catalogues }) => [product.name, catalogues.map(({ id }) => id)]), [
    ['Maps', ['a']],
    ['Weather', ['b', 'a']],
  ]); // prettier-ignore
  const names = (filter: object) =>
    matching(all, { text: '', auth: '', catalogue: '', ...filter }).map(({ product }) => product.name);
  assert.deepEqual(names({ text: 'about  weath' }), ['Weather']);
  assert.deepEqual(names({ auth: 'oauth2' }), ['Maps']);
  assert.deepEqual(names({ catalogue: 'b' }), ['Weather']);
  assert.deepEqual(names({ text: 'maps', catalogue: 'b' }), []);
});

test('a CSV file quotes what needs it and holds no formulas', () => {
  assert.equal(csv([['a', 'b,c', 'say "no"', '=1+1']]), 'a,"b,c","say ""no""",\'=1+1\r\n');
});
