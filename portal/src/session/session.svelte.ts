/** Who is signed in. */
import { tick } from 'svelte';

import { api, ask, type Schema, type TokenSource } from '../api/client.ts';
import { failed, Problem } from '../api/problem.ts';
import type { Config } from '../config.ts';
import { onOtherTab, store, stored, type Tokens } from './tokens.ts';

/**
 * - `out`: nobody is signed in
 * - `in`: somebody is
 * - `ended`: somebody was, and the issuer renews their token no longer; what they had before them stays
 */
export type SessionStatus = 'out' | 'in' | 'ended';

/** Renewing begins so long before a token ends, in milliseconds. */
const MARGIN = 30_000;

class Session implements TokenSource {
  status = $state<SessionStatus>('out');
  /** The person, once the API has said who they are. */
  me = $state.raw<Schema<'Me'> | null>(null);
  /** Why signing in did not work. */
  problem = $state.raw<Problem | null>(null);

  #config!: Config;

  /** Goes on with the session of before, or one that begins with this address. Gives where to go on, if elsewhere. */
  async start(config: Config): Promise<string | null> {
    this.#config = config;
    onOtherTab(() => void this.#follow());
    window.addEventListener('online', () => void this.#learnWho());
    const address = new URL(location.href);
    const returned =
      address.searchParams.has('state') && ['code', 'error'].some((name) => address.searchParams.has(name));
    const returnTo = returned ? await this.#arrive(address) : null;
    if (stored() !== null) {
      this.status = 'in';
      void this.#learnWho();
    }
    return returnTo;
  }

  /** Whether there is a person, though they may have to sign in again. */
  get somebody(): boolean {
    return this.status !== 'out';
  }

  /** A token to speak to the API with; `null` when nobody is signed in. */
  async token(): Promise<string | null> {
    const tokens = stored();
    if (tokens === null || Date.now() < tokens.until - MARGIN) return tokens?.access ?? null;
    return this.renewed(tokens.access);
  }

  /** A token to use in place of `worn`; `null` when the session has ended. */
  async renewed(worn: string): Promise<string | null> {
    // One tab at a time: an issuer that rotates refresh tokens takes each of them once.
    return navigator.locks.request('gatepass.renew', async () => {
      const tokens = stored();
      if (tokens === null) return null;
      if (tokens.access !== worn) return tokens.access;
      let fresh: Tokens | null;
      try {
        const { renew } = await import('./oidc.ts');
        fresh = await renew(this.#config, tokens);
      } catch (cause) {
        throw failed(cause);
      }
      store(fresh);
      if (fresh === null) this.status = 'ended';
      return fresh?.access ?? null;
    });
  }

  /** Leaves for the issuer; the way back leads to `returnTo`, by default to where the person is. */
  async signIn(returnTo = location.pathname + location.search): Promise<void> {
    this.problem = null;
    try {
      const { depart } = await import('./oidc.ts');
      await depart(this.#config, returnTo);
    } catch (cause) {
      this.problem = failed(cause);
    }
  }

  /** Ends the session, here and at the issuer. */
  async signOut(): Promise<void> {
    this.#forget();
    await tick();
    try {
      const { farewell } = await import('./oidc.ts');
      location.assign(await farewell(this.#config));
    } catch {
      // The tokens are gone from this browser, which is what was asked for; the issuer cannot be reached.
      location.assign('/');
    }
  }

  async #arrive(address: URL): Promise<string> {
    try {
      const { arrive } = await import('./oidc.ts');
      const { tokens, returnTo } = await arrive(this.#config, address);
      store(tokens);
      return returnTo;
    } catch (cause) {
      const problem = failed(cause);
      this.problem = problem.kind === 'broken' ? new Problem('signed-out') : problem;
      return '/';
    }
  }

  async #learnWho(): Promise<void> {
    if (this.me !== null || this.status !== 'in') return;
    try {
      this.me = await ask(api.GET('/v1/me'));
    } catch {
      // Without a name the portal works all the same; what else goes wrong is said where it matters.
    }
  }

  /** Another tab has signed in or out. */
  async #follow(): Promise<void> {
    if (stored() === null) {
      this.#forget();
    } else if (this.status !== 'in') {
      this.status = 'in';
      await this.#learnWho();
    }
  }

  #forget(): void {
    store(null);
    sessionStorage.clear();
    this.me = null;
    this.status = 'out';
  }
}

export const session = new Session();
