/** What a file of browser tests plays on: a stack and a browser, there from before the first test until after the last. */
import { after, before } from 'node:test';

import type { Browser, BrowserContextOptions } from 'playwright-core';

import { launch, Visitor } from './browser.ts';
import { Stack } from './stack.ts';

export interface Stage {
  stack: Stack;
  browser: Browser;
  /** A person with a browser of their own. */
  visitor: (options?: BrowserContextOptions) => Promise<Visitor>;
  /** One who has signed in, and is at `path`. */
  signedIn: (name: string, path?: string, options?: BrowserContextOptions) => Promise<Visitor>;
}

export function stage(): Stage {
  const made = {} as Stage;
  before(async () => {
    [made.stack, made.browser] = await Promise.all([Stack.start(), launch()]);
  });
  after(async () => {
    await made.browser?.close();
    await made.stack?.stop();
  });
  made.visitor = (options) => Visitor.comes(made.browser, made.stack, options);
  made.signedIn = async (name, path = '/', options) => {
    const visitor = await made.visitor(options);
    await visitor.signsIn(name, path);
    return visitor;
  };
  return made;
}
