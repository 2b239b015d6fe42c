import createClient, { type Client } from 'openapi-fetch';

import type { Config } from '../config.ts';
import { session } from '../session/session.svelte.ts';
import { failed, PATIENCE, refused } from './problem.ts';
import type { components, paths } from './schema.d.ts';

/** A type of the API's by its name in `openapi.json`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** The API. There from the moment that {@link connect} was called. */
export let api: Client<paths>;

/** Says where the API is. */
export function connect(config: Config): void {
  api = createClient<paths>({ baseUrl: config.api, fetch: exchange });
}

/** Sends a request as whoever is signed in; with a fresh token once more when the API takes the old one no longer. */
async function exchange(request: Request): Promise<Response> {
  const token = await session.token();
  if (token === null) return send(request);
  const response = await send(request.clone(), token);
  if (response.status !== 401) return response;
  const renewed = await session.renewed(token);
  return renewed === null ? response : send(request, renewed);
}

function send(request: Request, token?: string): Promise<Response> {
  if (token) request.headers.set('Authorization', `Bearer ${token}`);
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]) });
}

/** What the API answers. Throws a `Problem` for everything but success. */
export async function ask<Data>(
  exchanged: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  let answer;
  try {
    answer = await exchanged;
  } catch (cause) {
    throw failed(cause);
  }
  if (!answer.response.ok) throw refused(answer.response, answer.error);
  return answer.data as Data;
}

/** The header that makes a change conditional on nobody else having made one. */
export function ifMatch(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` };
}
