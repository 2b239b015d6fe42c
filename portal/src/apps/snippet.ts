/** A command that calls a product with a key, ready to be pasted into a shell. */

/** Stands for the address of products where the configuration has none. */
export const PLACEHOLDER = 'https://your-gateway.example.com/{product_id}';

/** Where a product is called. `template` is the configuration's `product_url`. */
export function productAddress(template: string | undefined, productId: string): string {
  return (template ?? PLACEHOLDER).replaceAll('{product_id}', encodeURIComponent(productId));
}

/** `template` is the configuration's `product_url`. */
export function curl(template: string | undefined, productId: string, key: string): string {
  const address = productAddress(template, productId);
  return `curl ${quoted(address)} \\\n  --header ${quoted(`x-api-key: ${key}`)}`;
}

/** As one word of a POSIX shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
