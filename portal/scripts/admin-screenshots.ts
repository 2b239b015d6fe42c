/** Pictures of the owners' pages, made on a fresh local stack in which four weeks go by: `make screenshots`. */
import { launch, Visitor } from '../tests/browser.ts';
import { Stack } from '../tests/stack.ts';
import { DESKTOP, picture, TELEPHONE } from './picture.ts';

const THEMES = ['light', 'dark'] as const;

const DAYS = 28;
const PEOPLE = ['ada', 'grace'] as const;
const APPS = ['Harbour board', 'Storm warnings', 'Route planner', 'Night ferry', 'Pilot station', 'Tide table'];
const REASONS = ['For production, please say which ships this is for.', 'The free plan is enough for this.'];
const JUSTIFICATIONS = [
  'Wind and tide beside the berths, for the harbour office in Emden.',
  'We warn ships of storms before they leave; ten thousand calls a day.',
  'Planning the winter timetable needs forecasts for every pier.',
];

/** Approved at once for builders who ask for the weather. */
const SILVER = {
  id: 'silver',
  name: 'Silver',
  description: 'For pilots: builders have the weather at once, and everything else is looked at by two.',
  rate_limit: { requests: 50, per_seconds: 1 },
  quota: { requests: 100_000, per_seconds: 30 * 86_400 },
  key_expires_in_seconds: 90 * 86_400,
  auto_approve: true,
  auto_approve_when: { groups: ['builders'], products: ['weather-api'] },
  approvals_required: 2,
};

const stack = await Stack.start();
const browser = await launch();
let apps = 0;
try {
  for (let day = 0; day < DAYS; day += 1) await live(day);
  const pending = await today();
  // Browsers are to have the stack's time of day.
  const { now } = await stack.local('POST', '/clock?advance=PT3H');
  for (const colorScheme of THEMES) {
    const options = { colorScheme, viewport: DESKTOP, locale: 'en-GB', timezoneId: 'Europe/Berlin' };
    const owen = await Visitor.comes(browser, stack, options);
    const { page } = owen;
    await page.clock.setSystemTime(now);
    const take = (name: string) => picture(page, `admin-${name}-${colorScheme}`);
    await owen.signsIn('Owen', '/admin');
    await page.getByText('Nine of ten within').waitFor();
    await take('overview');
    await page.setViewportSize(TELEPHONE);
    await take('overview-telephone');
    await page.setViewportSize(DESKTOP);

    await page.getByRole('link', { name: 'Access Requests' }).click();
    await page
      .getByRole('button', { name: /^Actions: Grace/ })
      .first()
      .waitFor();
    await page
      .getByRole('checkbox', { name: /^Select Ada/ })
      .first()
      .check();
    await page
      .getByRole('checkbox', { name: /^Select Grace/ })
      .first()
      .check();
    await page
      .getByRole('button', { name: /^Actions: Ada/ })
      .first()
      .click();
    await take('access-requests');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.setViewportSize(TELEPHONE);
    await take('access-requests-telephone');
    await page.setViewportSize(DESKTOP);

    await page.goto(`/admin/access-requests/${pending}`);
    await page.getByText('Manual approval').waitFor();
    await take('access-request');

    await page.goto('/admin/plans/silver');
    await page.getByText('Who is affected').waitFor();
    await page.getByLabel('User id').fill('ada');
    await page.getByLabel('User’s groups').fill('builders');
    await page.getByRole('group', { name: 'Products' }).last().getByRole('checkbox', { name: 'Weather API' }).check();
    await page.getByRole('button', { name: 'Evaluate' }).click();
    await page.getByText('Would be approved automatically').waitFor();
    await take('plan');
    await owen.leaves();
  }
} finally {
  await browser.close();
  await stack.stop();
}

/** A day goes by: people ask, and owners decide, the more the later. */
async function live(day: number): Promise<void> {
  if (day === 0) await stack.api('olga', 'POST', '/v1/admin/plans', SILVER);
  if (day === 0) await stack.edit('/v1/admin/catalogues/public-apis', (shelf) => shelf.plan_ids.push('silver'));
  for (let n = 0; n < 1 + ((day * 5) % 7); n += 1) {
    const plan = n % 3 === 0 ? 'free' : 'gold';
    const product = n % 5 === 4 && day % 4 === 0 ? 'payments-api' : n % 2 === 0 ? 'weather-api' : 'maps-api';
    const id = await ask(PEOPLE[(day + n) % 2] ?? 'ada', [product], plan);
    if (plan === 'free') continue;
    await stack.local('POST', `/clock?advance=PT${[4, 20, 55, 150][(day + n) % 4]}M`);
    if (n % 4 === 1)
      await stack.api('owen', 'POST', `/v1/admin/access-requests/${id}/reject`, { reason: REASONS[n % 2] });
    else await stack.api('olga', 'POST', `/v1/admin/access-requests/${id}/approve`, {});
  }
  await stack.local('POST', '/clock?advance=P1D');
}

/** What waits; gives the request to look at. */
async function today(): Promise<string> {
  await ask('grace', ['weather-api'], 'gold', 'Emden pilots');
  await ask('ada', ['maps-api'], 'silver', 'Berth planner');
  await stack.local('POST', '/clock?advance=PT20H');
  await ask('ada', ['weather-api', 'maps-api'], 'gold', 'Island ferry');
  await stack.local('POST', '/clock?advance=PT5H');
  await ask('grace', ['maps-api'], 'gold', 'Sea charts');
  const last = await ask('grace', ['weather-api', 'maps-api'], 'silver', 'Storm surge');
  // The owners' mail is to bear the hour at which it was asked.
  while ((await stack.api('owen', 'GET', `/v1/admin/access-requests/${last}`)).mails.length === 0);
  return last;
}

async function ask(user: string, products: string[], plan: string, app = ''): Promise<string> {
  const name = app || `${APPS[apps % APPS.length]} ${Math.floor(apps / APPS.length) + 1}`;
  const justification = JUSTIFICATIONS[apps % JUSTIFICATIONS.length];
  apps += 1;
  const order = { catalogue_id: 'public-apis', product_ids: products, plan_id: plan, new_app: { name }, justification };
  return (await stack.api(user, 'POST', '/v1/access-requests', order)).id;
}
