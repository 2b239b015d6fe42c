import { api, ask, type Schema } from '../api/client.ts';

/** The latest 100 requests of the person, and the names of the products and plans in them, by id. */
export async function ownRequests(
  signal: AbortSignal,
): Promise<{ requests: Schema<'AccessRequest'>[]; names: ReadonlyMap<string, string> }> {
  const { items } = await ask(api.GET('/v1/access-requests', { params: { query: { limit: 100 } }, signal }));
  const names = new Map([
    ...items.flatMap(({ items }) => items.map(({ product_id, name }) => [product_id, name] as const)),
    ...items.map(({ plan_id, plan_name }) => [plan_id, plan_name] as const),
  ]);
  return { requests: items, names };
}
