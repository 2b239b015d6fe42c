import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csv } from '../../src/admin/ui/csv.ts';
import { everyRow, MOST_ROWS } from '../../src/admin/ui/export.ts';
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
  assert.equal(csv([[' =1+1', '\t1', '＝1+1', '@A1', 'a=b']]), "' =1+1,'\t1,'＝1+1,'@A1,a=b\r\n");
});

test('an export has every row of a list up to a thousand, and says when there are others', async () => {
  const pages = (sizes: number[]) => async (cursor: string | null) => {
    const at = Number(cursor ?? 0);
    const next_cursor = at + 1 < sizes.length ? String(at + 1) : null;
    return { items: Array.from({ length: sizes[at] ?? 0 }, (_, n) => `${at}.${n}`), next_cursor };
  };
  assert.deepEqual(await everyRow(pages([2, 0, 1])), { rows: ['0.0', '0.1', '2.0'], more: false });
  const full = await everyRow(pages(Array<number>(11).fill(100)));
  assert.deepEqual([full.rows.length, full.more], [MOST_ROWS, true]);
  const uneven = await everyRow(pages([600, 600]));
  assert.deepEqual([uneven.rows.length, uneven.more], [MOST_ROWS, true]);
  assert.deepEqual(await everyRow(pages(Array<number>(100).fill(0))), { rows: [], more: true });
});
