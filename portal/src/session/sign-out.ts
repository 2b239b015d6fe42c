import type { Config } from '../config.ts';

/**
 * The address at which the issuer ends its own session, and sends people back to `back`.
 *
 * By OpenID Connect RP-Initiated Logout 1.0; Amazon Cognito calls the way back `logout_uri` ("Logout endpoint",
 * Cognito developer guide). It names the client and carries no token (`id_token_hint`): addresses end up in histories
 * and logs. An issuer may therefore ask whether to sign out. One without such an address is left alone.
 */
export function signOutAddress(config: Config, endpoint: string | undefined, back: string): string {
  if (!endpoint) return back;
  const address = new URL(endpoint);
  address.searchParams.set('client_id', config.client_id);
  const isCognito = new URL(config.authority).hostname.startsWith('cognito-idp.');
  address.searchParams.set(isCognito ? 'logout_uri' : 'post_logout_redirect_uri', back);
  return address.href;
}
