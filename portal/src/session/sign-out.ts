import type { Config } from '../config.ts';

/**
 * Where the issuer ends its own session, and sends people back to `back`.
 *
 * By OpenID Connect RP-Initiated Logout 1.0; Amazon Cognito calls the way back `logout_uri` ("Logout endpoint",
 * Cognito developer guide). An issuer without such an address is left alone.
 */
export function signOutAddress(
  config: Config,
  endpoint: string | undefined,
  back: string,
  idToken: string | null,
): string {
  if (!endpoint) return back;
  const address = new URL(endpoint);
  address.searchParams.set('client_id', config.client_id);
  if (new URL(config.authority).hostname.startsWith('cognito-idp.')) {
    address.searchParams.set('logout_uri', back);
  } else {
    address.searchParams.set('post_logout_redirect_uri', back);
    if (idToken) address.searchParams.set('id_token_hint', idToken);
  }
  return address.href;
}
