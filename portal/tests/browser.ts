/** Debian's Chromium, and people who sit in front of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

import { PATIENCE, type Stack } from './stack.ts';

const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** What Chromium needs where it runs as root, and what it is not to do by itself. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS, timeout: PATIENCE });
}

/** A person with a browser of their own. Whatever the browser complains of, other than `expected`, fails the test. */
export class Visitor {
  readonly complaints: string[] = [];
  readonly page: Page;
  readonly context: BrowserContext;
  readonly origin: string;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.context = context;
    this.page = page;
    this.origin = origin;
  }

  static async comes(browser: Browser, stack: Stack, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ baseURL: stack.origin, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(PATIENCE);
    const visitor = new Visitor(context, await context.newPage(), stack.origin);
    visitor.#listen(visitor.page);
    return visitor;
  }

  #listen(page: Page): void {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${this.origin}/`)) this.complaints.push(`asks ${request.url()}`);
    });
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    this.#listen(page);
    return page;
  }

  /** Signs in as somebody of the demonstration, by the issuer's page, and goes to `path`. */
  async signsIn(name: string, path = '/'): Promise<void> {
    await this.page.goto('/');
    await this.page.getByRole('button', { name: 'Sign in' }).first().click();
    await this.page.getByRole('button', { name }).click();
    await this.page.getByRole('button', { name, exact: true }).waitFor();
    if (path !== '/') await this.page.goto(path);
  }

  /** Complaints of a failure that the test brings about are taken note of, and dropped. */
  expects(...complaints: RegExp[]): void {
    const rest = this.complaints.filter((text) => !complaints.some((expected) => expected.test(text)));
    this.complaints.splice(0, this.complaints.length, ...rest);
  }

  async leaves(): Promise<void> {
    await this.context.close();
    assert.deepEqual(this.complaints, [], 'the browser complains of nothing');
  }
}

/** Whether everybody can use what is shown: WCAG 2.2 AA and good practice, by axe; and that nothing sticks out. */
export async function usable(page: Page, what: string): Promise<void> {
  await page.evaluate(AXE);
  const results: AxeResults = await page.evaluate('axe.run({ resultTypes: ["violations"] })');
  const found = results.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n  ${nodes.map((node) => `${node.html} ${node.failureSummary ?? ''}`).join('\n  ')}`,
  );
  assert.deepEqual(found, [], what);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(overflow <= 0, `${what} is ${overflow}px wider than the window`);
}

/** The looks in which every page is held: both themes, and a small telephone. */
export const LOOKS: readonly { name: string; options: BrowserContextOptions }[] = [
  { name: 'light', options: { colorScheme: 'light', viewport: { width: 1280, height: 900 } } },
  { name: 'dark', options: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } } },
  { name: '360px', options: { colorScheme: 'light', viewport: { width: 360, height: 740 } } },
  { name: '360px, dark', options: { colorScheme: 'dark', viewport: { width: 360, height: 740 } } },
];
