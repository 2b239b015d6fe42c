/** What this installation is: `/config.json`, a file beside the portal's own. */
export interface Config {
  /** Where the HTTP API is; empty for the portal's own origin. */
  api: string;
  /** The OpenID Connect issuer at which people sign in. */
  authority: string;
  /** The portal's client there. */
  client_id: string;
  /** Where products are called, with `{product_id}` in it; without it snippets show a placeholder. */
  product_url?: string;
}

/** Reads the configuration. Throws what `fetch` throws, and when the file is not there. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch('/config.json');
  if (!response.ok) throw new Error(`/config.json answers ${response.status}`);
  return (await response.json()) as Config;
}
