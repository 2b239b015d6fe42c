/** A search among the products of all catalogues. */
import type { Schema } from '../api/client.ts';

/** A product, once, with every catalogue that offers it. */
export interface Found {
  product: Schema<'ProductSummary'>;
  catalogues: { id: string; name: string }[];
}

/** Filters of a search; an empty one filters nothing. */
export interface Filter {
  text: string;
  auth: string;
  catalogue: string;
}

/** The products of `shelves` in the order of their ids, each once. */
export function merge(shelves: readonly Schema<'CatalogueDetail'>[]): Found[] {
  const found = new Map<string, Found>();
  for (const { id, name, products } of shelves)
    for (const product of products) {
      const known = found.get(product.id) ?? { product, catalogues: [] };
      known.catalogues.push({ id, name });
      found.set(product.id, known);
    }
  return [...found.values()].sort((one, other) => (one.product.id < other.product.id ? -1 : 1));
}

/** The products whose name, id or description contains every word of the text, and that pass the other filters. */
export function matching(all: readonly Found[], { text, auth, catalogue }: Filter): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ product, catalogues }) => {
    const content = `${product.name} ${product.id} ${product.description}`.toLowerCase();
    return (
      words.every((word) => content.includes(word)) &&
      (auth === '' || product.auth_method === auth) &&
      (catalogue === '' || catalogues.some(({ id }) => id === catalogue))
    );
  });
}
