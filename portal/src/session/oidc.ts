/**
 * Signing in at an OpenID Connect issuer: authorization code with PKCE (RFC 7636, RFC 9700).
 *
 * Loaded only when somebody signs in or out, or a token is to be renewed.
 */
import * as oauth from 'oauth4webapi';

import type { Config } from '../config.ts';
import { signOutAddress } from './sign-out.ts';
import type { Tokens } from './tokens.ts';

/** What must be remembered between leaving for the issuer and coming back. In this tab alone. */
interface Departure {
  state: string;
  nonce: string;
  verifier: string;
  /** Where to go on, in the portal. */
  returnTo: string;
}

const KEY = 'gatepass.departure';

/** Leaves for the issuer's sign-in page. */
export async function depart(config: Config, returnTo: string): Promise<void> {
  const server = await discover(config);
  const departure: Departure = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    returnTo,
  };
  const address = new URL(endpoint(server, 'authorization_endpoint'));
  address.search = new URLSearchParams({
    client_id: config.client_id,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: 'openid email profile',
    state: departure.state,
    nonce: departure.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(departure.verifier),
    code_challenge_method: 'S256',
  }).toString();
  sessionStorage.setItem(KEY, JSON.stringify(departure));
  location.assign(address);
}

/** Redeems the code in `address`, with which the issuer sent somebody back. Gives their tokens, and where to go on. */
export async function arrive(config: Config, address: URL): Promise<{ tokens: Tokens; returnTo: string }> {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (text === null) throw new Error('nobody left for the issuer from this tab');
  const { state, nonce, verifier, returnTo } = JSON.parse(text) as Departure;
  const server = await discover(config);
  const client = { client_id: config.client_id };
  const answer = oauth.validateAuthResponse(server, client, address, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    answer,
    redirectUri(),
    verifier,
    options(config),
  );
  const granted = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: nonce,
    requireIdToken: true,
  });
  return { tokens: tokens(granted), returnTo };
}

/** Fresh tokens for `old`; `null` when the issuer gives none any more. Throws when it cannot be reached. */
export async function renew(config: Config, old: Tokens): Promise<Tokens | null> {
  if (old.refresh === null) return null;
  const server = await discover(config);
  const client = { client_id: config.client_id };
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), old.refresh, options(config));
  try {
    const granted = await oauth.processRefreshTokenResponse(server, client, response);
    const fresh = tokens(granted);
    // An issuer that does not rotate refresh tokens does not repeat them.
    return { ...fresh, refresh: fresh.refresh ?? old.refresh };
  } catch (cause) {
    if (cause instanceof oauth.ResponseBodyError) return null;
    throw cause;
  }
}

/** Where the issuer ends its own session. */
export async function farewell(config: Config): Promise<string> {
  const server = await discover(config);
  return signOutAddress(config, server.end_session_endpoint, redirectUri());
}

let discovered: Promise<oauth.AuthorizationServer> | undefined;

function discover(config: Config): Promise<oauth.AuthorizationServer> {
  discovered ??= (async () => {
    const issuer = new URL(config.authority);
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...options(config) });
    return oauth.processDiscoveryResponse(issuer, response);
  })();
  // What failed once may work the next time.
  discovered.catch(() => (discovered = undefined));
  return discovered;
}

function endpoint(server: oauth.AuthorizationServer, name: 'authorization_endpoint'): string {
  const address = server[name];
  if (!address) throw new Error(`the issuer has no ${name}`);
  return address;
}

/** Plain HTTP is for an issuer on this machine alone. */
function options(config: Config): { [oauth.allowInsecureRequests]: boolean } {
  const { protocol, hostname } = new URL(config.authority);
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  return { [oauth.allowInsecureRequests]: protocol === 'http:' && loopback };
}

/** The portal's own address: what its client is registered with. */
function redirectUri(): string {
  return location.origin;
}

function tokens(granted: oauth.TokenEndpointResponse): Tokens {
  return {
    access: granted.access_token,
    refresh: granted.refresh_token ?? null,
    until: Date.now() + (granted.expires_in ?? 300) * 1000,
  };
}
