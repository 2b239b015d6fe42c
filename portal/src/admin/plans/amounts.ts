/** Limits and lifetimes as a form has them: texts, in units that people think in. */
import type { Schema } from '../../api/client.ts';

export const UNITS = ['second', 'minute', 'hour', 'day'] as const;
export type Unit = (typeof UNITS)[number];
const SECONDS: Record<Unit, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

/** So many units of time; an empty text is none. */
export interface SpanForm {
  amount: string;
  unit: Unit;
}

/** So many requests in so long; an empty text is no limit. */
export interface LimitForm {
  requests: string;
  every: SpanForm;
}

export const NO_SPAN: SpanForm = { amount: '', unit: 'day' };
export const NO_LIMIT: LimitForm = { requests: '', every: { amount: '1', unit: 'second' } };

/** In the largest unit that it is whole in. */
export function spanForm(seconds: number | null | undefined): SpanForm {
  if (seconds === null || seconds === undefined) return { ...NO_SPAN };
  const unit = UNITS.findLast((unit) => seconds % SECONDS[unit] === 0) ?? 'second';
  return { amount: String(seconds / SECONDS[unit]), unit };
}

export function limitForm(limit: Schema<'Limit'> | null | undefined): LimitForm {
  if (!limit) return { requests: '', every: { ...NO_LIMIT.every } };
  return { requests: String(limit.requests), every: spanForm(limit.per_seconds) };
}

/** In seconds; `null` without an amount. */
export function toSeconds({ amount, unit }: SpanForm): number | null {
  return amount.trim() === '' ? null : Number(amount) * SECONDS[unit];
}

export function toLimit({ requests, every }: LimitForm): Schema<'Limit'> | null {
  return requests.trim() === '' ? null : { requests: Number(requests), per_seconds: toSeconds(every) ?? 0 };
}

/** Whether a text is a whole number above zero, or nothing. */
export function isAmount(text: string): boolean {
  return /^\s*$|^\s*0*[1-9]\d{0,14}\s*$/.test(text);
}

/** `14 days`: a span as a line of a list has it. */
export function toSpanLine(seconds: number): string {
  const { amount, unit } = spanForm(seconds);
  return `${amount} ${unit}${amount === '1' ? '' : 's'}`;
}

/** The seconds of such a line; `null` when it is none. */
export function fromSpanLine(line: string): number | null {
  const [, amount, unit] = /^0*([1-9]\d{0,9}) *(second|minute|hour|day)s?$/i.exec(line.trim()) ?? [];
  return amount && unit ? Number(amount) * SECONDS[unit.toLowerCase() as Unit] : null;
}
