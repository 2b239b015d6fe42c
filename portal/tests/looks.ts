/** One page in every look: themes and widths are changed while it is open, so that menus and dialogs stay open too. */
import type { Page } from 'playwright-core';

import { LOOKS, usable } from './browser.ts';

export async function usableInEveryLook(page: Page, what: string): Promise<void> {
  for (const { name, options } of [...LOOKS].reverse()) {
    await page.emulateMedia({ colorScheme: options.colorScheme ?? null });
    if (options.viewport) await page.setViewportSize(options.viewport);
    await usable(page, `${what} (${name})`);
  }
}
