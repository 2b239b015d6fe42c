/** Dates, spans and numbers as the reader's language has them. */
import { t } from './index.ts';

/** The reader's own kind of the texts' language: in `en-US` the month comes first. */
const locale = globalThis.navigator?.languages?.find((own) => own.split('-')[0] === t.language) ?? t.language;

/** `24 Nov 2026, 02:09`; in full with its zone. */
export function dateTime(at: string, how: 'medium' | 'full'): string {
  const options: Intl.DateTimeFormatOptions =
    how === 'full'
      ? { dateStyle: 'full', timeStyle: 'long' }
      : { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(locale, options).format(new Date(at));
}

/** `this, that and the other`. */
export function list(names: string[]): string {
  return new Intl.ListFormat(locale).format(names);
}

/** The same as it is built up, for what is more than text. */
export function listParts(names: string[]): { type: 'element' | 'literal'; value: string }[] {
  return new Intl.ListFormat(locale).formatToParts(names);
}

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** `3 days ago`, `in 2 hours`. */
export function ago(at: string, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(seconds / length), unit);
}

/** `30 days`, `36 hours`: a span in the largest unit that it is whole in. */
export function span(seconds: number): string {
  const [unit, length] = UNITS.filter(([unit]) => unit !== 'month').find(([, length]) => seconds % length === 0) ?? [
    'second',
    1,
  ];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / length);
}

/** `25 per second`, `10,000 per 30 days`. */
export function rate({ requests, per_seconds }: { requests: number; per_seconds: number }): string {
  const amount = new Intl.NumberFormat(locale).format(requests);
  const whole = UNITS.find(([unit, length]) => unit !== 'month' && length === per_seconds);
  return whole ? t.time.perUnit(amount, whole[0]) : t.time.perSpan(amount, span(per_seconds));
}

/** `30 June 2027`: a day of a calendar, wherever one is. */
export function day(date: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(date));
}

/** `24 Nov`: a day of a calendar, wherever one is. */
export function shortDay(date: string): string {
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(date));
}

/** `10,000`. */
export function number(n: number): string {
  return new Intl.NumberFormat(locale).format(n);
}

/** `4 hours`, `1.5 days`: about how long. */
export function roughly(seconds: number): string {
  const [unit, length] = UNITS.find(([unit, length]) => unit !== 'month' && seconds >= length) ?? ['second', 1];
  const options = { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, options).format(seconds / length);
}
