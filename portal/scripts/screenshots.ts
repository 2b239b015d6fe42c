/** Pictures of the main pages for the documentation, made on a fresh local stack: `make screenshots`. */
import { launch, Visitor } from '../tests/browser.ts';
import { Stack } from '../tests/stack.ts';
import { DESKTOP, picture, TELEPHONE } from './picture.ts';

/** The themes, and what Grace makes an app for in each. */
const THEMES = [
  ['light', 'Harbour board'],
  ['dark', 'Quay display'],
] as const;

const stack = await Stack.start();
const browser = await launch();
try {
  for (const [colorScheme, app] of THEMES) {
    const options = { colorScheme, viewport: DESKTOP, locale: 'en-GB', timezoneId: 'Europe/Berlin' };
    const grace = await Visitor.comes(browser, stack, options);
    const take = (name: string) => picture(grace.page, `${name}-${colorScheme}`);
    await grace.signsIn('Grace');
    await grace.page.getByRole('link', { name: 'More info on Maps API' }).waitFor();
    await take('catalogues');

    await grace.page.getByRole('link', { name: 'More info on Weather API' }).click();
    await grace.page.getByRole('button', { name: 'Access with this Plan: Gold' }).click();
    await grace.page.getByText('is in your cart').waitFor();
    await take('product');
    await grace.page.goto('/catalogues/public-apis/maps-api');
    await grace.page.getByRole('button', { name: 'Access with this Plan: Gold' }).click();

    await grace.page.getByRole('link', { name: /^Cart/ }).click();
    await grace.page.getByRole('radio', { name: 'A new app' }).check();
    await grace.page.getByLabel('Name').fill(app);
    await grace.page
      .getByLabel('What do you need it for?')
      .fill('Wind and tide beside the berths, for the harbour office in Emden.');
    await take('cart');
    await grace.page.setViewportSize(TELEPHONE);
    await take('cart-telephone');
    await grace.page.setViewportSize(DESKTOP);
    await grace.page.getByRole('button', { name: 'Submit request' }).click();
    await grace.page.getByText('Waiting for a decision').waitFor();
    await take('request-pending');

    const id = new URL(grace.page.url()).pathname.split('/').at(-1);
    await stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/approve`, { note: 'Welcome aboard.' });
    await grace.page.getByText('We emailed you').waitFor();
    await take('request');
    await grace.page.setViewportSize(TELEPHONE);
    await take('request-telephone');
    await grace.page.setViewportSize(DESKTOP);

    await grace.page.getByRole('link', { name: 'Open the app' }).click();
    await grace.page.getByRole('button', { name: 'Reveal key' }).click();
    await grace.page.getByRole('button', { name: 'Hide' }).waitFor();
    await take('app');
    await grace.page.getByRole('link', { name: 'My requests' }).click();
    await grace.page.getByText('Access granted').first().waitFor();
    await take('requests');
    await grace.leaves();
  }
} finally {
  await browser.close();
  await stack.stop();
}
