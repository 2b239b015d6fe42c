/**
 * The address that `href` means on the page at `base`.
 *
 * Somebody can be led to `https://portal//host/x`. As a reference, its path names another site, to which a browser lets
 * no page change its address: the portal takes it for its own path `/host/x`.
 */
export function inPortal(href: string, base: string): URL {
  return new URL(href.replace(/^[/\\]+/, '/'), base);
}
