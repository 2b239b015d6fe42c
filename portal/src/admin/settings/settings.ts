/** The installation's settings, as a form has them. */
import { api, ask, ifMatch, type Schema } from '../../api/client.ts';
import { texts } from '../messages/index.ts';
import type { Editable } from '../offerings/offering.ts';
import { fromLines, toLines } from '../offerings/lines.ts';
import { fromSpanLine, isAmount, NO_SPAN, type SpanForm, spanForm, toSeconds, toSpanLine } from '../plans/amounts.ts';

export const MAILS = [
  'submitted',
  'approve',
  'ready',
  'reject',
  'revoked',
  'provisioning-failed',
  'reminder',
  'escalation',
  'request-expired',
  'key-to-expire',
  'key-expired',
  'suspended',
  'resumed',
  'reassigned',
] as const;
export type Mail = (typeof MAILS)[number];

export interface SettingsForm {
  access_flow: Schema<'AccessFlow'>;
  /** The mails that are sent. */
  sent: Mail[];
  /** Subjects in place of the built-in ones; empty for those. */
  subjects: Record<Mail, string>;
  /** As typed. */
  max_pending_per_person: string;
  max_apps_per_person: string;
  remind_after: SpanForm;
  escalate_after: SpanForm;
  expire_after: SpanForm;
  /** An address a line. */
  escalation: string;
  fallback_owners: string;
  /** A time a line, such as `14 days`. */
  expiry_notices: string;
  reveal: Schema<'RevealRule'>;
}

export const CAPS = ['max_pending_per_person', 'max_apps_per_person'] as const;
export const WAITS = ['remind_after', 'escalate_after', 'expire_after'] as const;
export const ADDRESSES = ['escalation', 'fallback_owners'] as const;

const BUILT_IN: Record<Mail, string> = {
  submitted: '',
  approve: '',
  ready: '',
  reject: '',
  revoked: '',
  'provisioning-failed': '',
  reminder: '',
  escalation: '',
  'request-expired': '',
  'key-to-expire': '',
  'key-expired': '',
  suspended: '',
  resumed: '',
  reassigned: '',
};

function toForm(settings: Schema<'Versioned_Settings'>): SettingsForm {
  const muted = settings.muted_mails ?? [];
  return {
    access_flow: settings.access_flow ?? 'both',
    sent: MAILS.filter((mail) => !muted.includes(mail)),
    subjects: { ...BUILT_IN, ...settings.mail_subjects },
    max_pending_per_person: String(settings.max_pending_per_person),
    max_apps_per_person: String(settings.max_apps_per_person),
    remind_after: spanForm(settings.remind_after_seconds),
    escalate_after: spanForm(settings.escalate_after_seconds),
    expire_after: spanForm(settings.expire_after_seconds),
    escalation: toLines(settings.escalation),
    fallback_owners: toLines(settings.fallback_owners),
    expiry_notices: toLines(settings.expiry_notices_seconds.map(toSpanLine)),
    reveal: settings.reveal,
  };
}

function toSettings(form: SettingsForm): Schema<'Settings'> {
  const subjects = Object.entries(form.subjects).map(([mail, subject]) => [mail, subject.trim()]);
  return {
    access_flow: form.access_flow,
    mail_subjects: Object.fromEntries(subjects.filter(([, subject]) => subject !== '')),
    muted_mails: MAILS.filter((mail) => !form.sent.includes(mail)),
    max_pending_per_person: Number(form.max_pending_per_person),
    max_apps_per_person: Number(form.max_apps_per_person),
    remind_after_seconds: toSeconds(form.remind_after),
    escalate_after_seconds: toSeconds(form.escalate_after),
    expire_after_seconds: toSeconds(form.expire_after),
    escalation: fromLines(form.escalation),
    fallback_owners: fromLines(form.fallback_owners),
    expiry_notices_seconds: fromLines(form.expiry_notices).map((line) => fromSpanLine(line) ?? 0),
    reveal: form.reveal,
  };
}

/** What is typed as a number must be one. */
function faults(form: SettingsForm): Record<string, string> {
  const wrong = CAPS.filter((name) => form[name].trim() === '' || !isAmount(form[name]));
  const waits = WAITS.filter((name) => !isAmount(form[name].amount)).map((name) => `${name}_seconds`);
  const found = [...wrong, ...waits].map((name) => [`/${name}`, texts.amounts.notANumber]);
  const unclear = fromLines(form.expiry_notices).find((line) => fromSpanLine(line) === null);
  return {
    ...Object.fromEntries(found),
    ...(unclear && { '/expiry_notices_seconds': texts.amounts.notASpan(unclear) }),
  };
}

export const settings: Editable<SettingsForm, Schema<'Versioned_Settings'>> = {
  blank: {
    access_flow: 'both',
    sent: [...MAILS],
    subjects: BUILT_IN,
    max_pending_per_person: '20',
    max_apps_per_person: '50',
    remind_after: NO_SPAN,
    escalate_after: NO_SPAN,
    expire_after: NO_SPAN,
    escalation: '',
    fallback_owners: '',
    expiry_notices: '',
    reveal: 'while_active',
  },
  toForm,
  faults,
  read: (_, signal) => ask(api.GET('/v1/admin/settings', signal ? { signal } : {})),
  write: (_, version, form) =>
    ask(api.PUT('/v1/admin/settings', { params: { header: ifMatch(version) }, body: toSettings(form) })),
};
