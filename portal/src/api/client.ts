import createClient, { type Client } from 'openapi-fetch';

import type { Config } from '../config.ts';
import { failed, PATIENCE, refused } from './problem.ts';
import type { components, paths } from './schema.d.ts';

/** A type of the API by its name in `openapi.json`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

/** The API client; set by {@link connect} before anything else runs. */
export let api: Client<paths>;

/** Gives the access tokens that requests carry. */
export interface TokenSource {
  /** A token that has not expired by this browser's clock; `null` when nobody is signed in. */
  token: () => Promise<string | null>;
  /** A token to use after the API refused `worn`; `null` when the session has ended. */
  renewed: (worn: string) => Promise<string | null>;
}

/** Sets the API's address, and the tokens with which it is called. */
export function connect(config: Config, tokens: TokenSource): void {
  api = createClient<paths>({ baseUrl: config.api, fetch: (request) => exchange(request, tokens) });
}

/** Sends a request as the person who is signed in; after a 401 it is sent once more with a renewed token. */
async function exchange(request: Request, tokens: TokenSource): Promise<Response> {
  const token = await tokens.token();
  if (token === null) return send(request);
  const response = await send(request.clone(), token);
  if (response.status !== 401) return response;
  const renewed = await tokens.renewed(token);
  return renewed === null ? response : send(request, renewed);
}

function send(request: Request, token?: string): Promise<Response> {
  if (token) request.headers.set('Authorization', `Bearer ${token}`);
  return fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE)]) });
}

/** The body of a successful answer. Throws a `Problem` for every other answer. */
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

/** The query of a page of a list. */
export interface PageQuery {
  limit: number;
  cursor?: string;
}

/** The rows of all pages of a list. `read` gets one page. */
export async function everyPage<Row>(
  read: (query: PageQuery) => Promise<{ items: Row[]; next_cursor?: string | null }>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await read({ limit: 100, ...(cursor && { cursor }) });
    rows.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return rows;
}

/** The `If-Match` header for the version that the caller has seen. */
export function ifMatch(version: number): { 'If-Match': string } {
  return { 'If-Match': `"${version}"` };
}
