/** Debian's Chromium, and the people who use it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';

import { PATIENCE, type Stack } from './stack.ts';

const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** Lets Chromium run as root, and keeps it from network traffic of its own. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The pages of the local OpenID Connect issuer. */
const ISSUER = /\/_local\/oidc\//;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS, timeout: PATIENCE });
}

/**
 * A person with a browser of their own. A message in the browser's console, an uncaught error or a request to another
 * origin fails the test, unless the test called {@link Visitor.expects} for it.
 */
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

  /** Signs in as a demo person on the issuer's page, and goes to `path`. */
  async signsIn(name: string, path = '/'): Promise<void> {
    await this.page.goto('/');
    await this.page.getByRole('banner').getByRole('button', { name: 'Sign in' }).click();
    await this.choosesPerson(name);
    await this.account(name).waitFor();
    if (path !== '/') await this.page.goto(path);
  }

  /** Chooses a demo person on the issuer's page, and waits until the browser is back in the portal. */
  async choosesPerson(name: string): Promise<void> {
    await this.page.waitForURL(ISSUER);
    await this.page.getByRole('button', { name }).click();
    await this.page.waitForURL((url) => !ISSUER.test(url.href));
  }

  /** The account button. The issuer's page has a button with the same name, but no banner. */
  account(name: string): Locator {
    return this.page.getByRole('banner').getByRole('button', { name, exact: true });
  }

  /** Signs out, and waits until the issuer has sent the browser back to the front page. */
  async signsOut(name: string): Promise<void> {
    await this.account(name).click();
    // The portal shows "Sign in" first and leaves for the issuer afterwards, so the button alone proves nothing.
    const returned = this.page.waitForEvent('load');
    await this.page.getByRole('button', { name: 'Sign out' }).click();
    await returned;
    await this.page.getByRole('banner').getByRole('button', { name: 'Sign in' }).waitFor();
  }

  /** Drops the messages of a failure that the test itself caused. */
  expects(...complaints: RegExp[]): void {
    const rest = this.complaints.filter((text) => !complaints.some((expected) => expected.test(text)));
    this.complaints.splice(0, this.complaints.length, ...rest);
  }

  async leaves(): Promise<void> {
    await this.context.close();
    assert.deepEqual(this.complaints, [], 'the browser complains of nothing');
  }
}

/** Fails on every finding of axe (WCAG 2.2 AA and best practice), and on a page wider than the window. */
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

/** The themes and window sizes in which pages are tested. */
export const LOOKS: readonly { name: string; options: BrowserContextOptions }[] = [
  { name: 'light', options: { colorScheme: 'light', viewport: { width: 1280, height: 900 } } },
  { name: 'dark', options: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } } },
  { name: '360px', options: { colorScheme: 'light', viewport: { width: 360, height: 740 } } },
  { name: '360px, dark', options: { colorScheme: 'dark', viewport: { width: 360, height: 740 } } },
];

/** Waits until the element with this id has the focus. */
export async function focused(page: Page, id: string): Promise<void> {
  await page.waitForFunction((id) => document.activeElement?.id === id, id);
}

/** Tells whether an element lies within the window, without scrolling. */
export async function inWindow(element: Locator): Promise<boolean> {
  return element.evaluate((node) => {
    const { top, bottom } = node.getBoundingClientRect();
    return top >= 0 && bottom <= window.innerHeight + 1;
  });
}
