/** The real local stack, as `make dev` runs it, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM =
  process.env['GATEPASS_LOCAL'] ?? `${process.env['CARGO_TARGET_DIR'] ?? `${ROOT}target`}/debug/gatepass-local`;

/** How long anything may take on a machine that does much else, in milliseconds. */
export const PATIENCE = 60_000;

/** What the API says to somebody. */
export type Json = ReturnType<typeof JSON.parse>;

export class Stack {
  readonly #process: ChildProcess;
  /** `http://127.0.0.1:…` */
  readonly origin: string;

  private constructor(process: ChildProcess, origin: string) {
    this.#process = process;
    this.origin = origin;
  }

  /** Starts a stack that keeps nothing, and waits until it is ready. */
  static async start(): Promise<Stack> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run \`cargo build -p gatepass-local\` first`);
    // What the developer's own shell says to a stack is not meant for this one.
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GATEPASS_'));
    const env = { ...Object.fromEntries(own), GATEPASS_PORT: '0', GATEPASS_EPHEMERAL: '1' };
    const child = spawn(PROGRAM, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const origin = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the stack does not become ready\n${said}`)), PATIENCE);
      let printed = '';
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
        const address = /http:\/\/127\.0\.0\.1:\d+(?=\D)/.exec(printed)?.[0];
        if (address) {
          clearTimeout(late);
          resolve(address);
        }
      });
      child.once('exit', (code) => reject(new Error(`the stack ended with ${code} before it was ready\n${said}`)));
    });
    return new Stack(child, origin);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
  }

  /** A token for a person of the demonstration, or one made up by the query. */
  async token(query: string): Promise<string> {
    const answer = await fetch(`${this.origin}/_local/token?${query}`, { method: 'POST' });
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** Asks the API as `user`. Throws for all but success. */
  async api(
    user: string,
    method: string,
    path: string,
    body?: Json,
    headers: Record<string, string> = {},
  ): Promise<Json> {
    const answer = await fetch(this.origin + path, {
      method,
      headers: {
        Authorization: `Bearer ${await this.token(`user=${user}`)}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Does something of the local stack's own. */
  async local(method: string, path: string): Promise<Json> {
    const answer = await fetch(`${this.origin}/_local${path}`, { method });
    const text = await answer.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Changes an entity that owners manage: reads it, has `change` edit it, writes it. */
  async edit(path: string, change: (entity: Json) => void): Promise<void> {
    const { version, created_at: _, updated_at: __, ...entity } = await this.api('owen', 'GET', path);
    change(entity);
    await this.api('owen', 'PUT', path, entity, { 'If-Match': `"${version}"` });
  }
}
