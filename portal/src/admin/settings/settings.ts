/** The installation's settings, as a form has them. */
import { api, ask, ifMatch, type Schema } from '../../api/client.ts';
import { texts } from '../messages/index.ts';
import type { Editable } from '../offerings/offering.ts';
import { isAmount } from '../plans/amounts.ts';

export const MAILS = ['submitted', 'approve', 'ready', 'reject', 'revoked', 'provisioning-failed'] as const;
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
}

export const CAPS = ['max_pending_per_person', 'max_apps_per_person'] as const;

const BUILT_IN: Record<Mail, string> = {
  submitted: '',
  approve: '',
  ready: '',
  reject: '',
  revoked: '',
  'provisioning-failed': '',
};

function toForm(settings: Schema<'Versioned_Settings'>): SettingsForm {
  const muted = settings.muted_mails ?? [];
  return {
    access_flow: settings.access_flow ?? 'both',
    sent: MAILS.filter((mail) => !muted.includes(mail)),
    subjects: { ...BUILT_IN, ...settings.mail_subjects },
    max_pending_per_person: String(settings.max_pending_per_person),
    max_apps_per_person: String(settings.max_apps_per_person),
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
  };
}

/** What is typed as a number must be one. */
function faults(form: SettingsForm): Record<string, string> {
  const wrong = CAPS.filter((name) => form[name].trim() === '' || !isAmount(form[name]));
  return Object.fromEntries(wrong.map((name) => [`/${name}`, texts.amounts.notANumber]));
}

export const settings: Editable<SettingsForm, Schema<'Versioned_Settings'>> = {
  blank: {
    access_flow: 'both',
    sent: [...MAILS],
    subjects: BUILT_IN,
    max_pending_per_person: '20',
    max_apps_per_person: '50',
  },
  toForm,
  faults,
  read: (_, signal) => ask(api.GET('/v1/admin/settings', signal ? { signal } : {})),
  write: (_, version, form) =>
    ask(api.PUT('/v1/admin/settings', { params: { header: ifMatch(version) }, body: toSettings(form) })),
};
