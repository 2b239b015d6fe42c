/** Where to ask for help with products. */
import { api, ask } from '../api/client.ts';

/** The support contacts of those products that the person still sees, and that have one. */
export async function supportOf(
  productIds: readonly string[],
  signal: AbortSignal,
): Promise<{ name: string; support: string }[]> {
  // A search finds what the person sees, where a read of something else would be an error.
  const found = await Promise.all(
    productIds.map(async (id) => {
      const { items } = await ask(api.GET('/v1/products', { params: { query: { q: id, limit: 25 } }, signal }));
      return items.find((product) => product.id === id);
    }),
  );
  return found.flatMap((product) => (product?.support ? [{ name: product.name, support: product.support }] : []));
}
