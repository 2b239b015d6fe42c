/** The installation's settings, as a form has them. */
import { api, ask, ifMatch, type Schema } from '../../api/client.ts';
import type { Editable } from '../offerings/offering.ts';

export const MAILS = ['submitted', 'approve', 'ready', 'reject', 'revoked', 'provisioning-failed'] as const;
export type Mail = (typeof MAILS)[number];

export interface SettingsForm {
  access_flow: Schema<'AccessFlow'>;
  /** The mails that are sent. */
  sent: Mail[];
  /** Subjects in place of the built-in ones; empty for those. */
  subjects: Record<Mail, string>;
}

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
  };
}

function toSettings(form: SettingsForm): Omit<Schema<'Settings'>, 'max_pending_per_person' | 'max_apps_per_person'> {
  const subjects = Object.entries(form.subjects).map(([mail, subject]) => [mail, subject.trim()]);
  return {
    access_flow: form.access_flow,
    mail_subjects: Object.fromEntries(subjects.filter(([, subject]) => subject !== '')),
    muted_mails: MAILS.filter((mail) => !form.sent.includes(mail)),
  };
}

export const settings: Editable<SettingsForm, Schema<'Versioned_Settings'>> = {
  blank: { access_flow: 'both', sent: [...MAILS], subjects: BUILT_IN },
  toForm,
  faults: () => ({}),
  read: (_, signal) => ask(api.GET('/v1/admin/settings', signal ? { signal } : {})),
  write: async (_, version, form) => {
    // The form does not show these: they stay as they are.
    const { max_pending_per_person, max_apps_per_person } = await ask(api.GET('/v1/admin/settings'));
    const body = { ...toSettings(form), max_pending_per_person, max_apps_per_person };
    return ask(api.PUT('/v1/admin/settings', { params: { header: ifMatch(version) }, body }));
  },
};
