/** A call of an API, as it is sent from the browser or pasted into a shell. */
import { quoted } from '../../apps/snippet.ts';
import type { Operation } from './document.ts';

/** The values that somebody filled in, by place and name of the parameter: `query limit`. */
export type Values = Record<string, string>;

export interface Call {
  method: string;
  address: string;
  headers: Record<string, string>;
  body: string | null;
}

export function keyOf({ place, name }: Operation['parameters'][number]): string {
  return `${place} ${name}`;
}

/**
 * The call; `null` when a value would lead out of the operation's path, where the key may be for something else. `base` is the
 * address of the product, without a slash at its end.
 */
export function call(base: string, operation: Operation, values: Values, body: string, key: string): Call | null {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers: Record<string, string> = { 'x-api-key': key };
  for (const parameter of operation.parameters) {
    const value = values[keyOf(parameter)] ?? '';
    if (parameter.place === 'path') path = path.replaceAll(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === '') continue;
    else if (parameter.place === 'query') query.append(parameter.name, value);
    else if (parameter.place === 'header') headers[parameter.name] = value;
  }
  if (goesUp(path)) return null;
  const sent = operation.body !== null && body.trim() !== '' ? body : null;
  const mediaType = operation.body?.contents[0]?.mediaType;
  if (sent !== null && mediaType) headers['Content-Type'] = mediaType;
  const address = `${base}${path}${query.size > 0 ? `?${query}` : ''}`;
  return { method: operation.method, address, headers, body: sent };
}

/**
 * Whether a path has a segment `.` or `..`, which browsers and curl resolve however it is written; also behind an encoded
 * slash, which some gateways take for a slash. Browsers leave tabs and line breaks out.
 */
function goesUp(path: string): boolean {
  const plain = path
    .replace(/[\t\r\n]/g, '')
    .replace(/%2e/gi, '.')
    .replace(/%2f|%5c|\\/gi, '/');
  return plain.split('/').some((segment) => segment === '.' || segment === '..');
}

/** The command that makes the call, for a POSIX shell. */
export function command({ method, address, headers, body }: Call): string {
  const parts = [
    `curl ${method === 'GET' ? '' : `--request ${method} `}${quoted(address)}`,
    ...Object.entries(headers).map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`),
    ...(body === null ? [] : [`--data-raw ${quoted(body)}`]),
  ];
  return parts.join(' \\\n  ');
}

/** Whether the content security policy of the portal lets the browser call `address`. */
export function isCallable(address: string, origin: string): boolean {
  return URL.canParse(address) && new URL(address).origin === origin;
}
