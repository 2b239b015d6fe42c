/** What its owner says of an app, as a form has it. */
import type { Schema } from '../api/client.ts';

export interface ProfileForm {
  name: string;
  description: string;
  visibility: Schema<'Visibility'>;
  team: string;
  /** One a line. */
  redirects: string;
}

export const BLANK: ProfileForm = { name: '', description: '', visibility: 'personal', team: '', redirects: '' };

export function toForm(profile: Schema<'Profile'>): ProfileForm {
  return {
    name: profile.name,
    description: profile.description ?? '',
    visibility: profile.visibility ?? 'personal',
    team: profile.team ?? '',
    redirects: (profile.redirect_uris ?? []).join('\n'),
  };
}

export function toProfile(form: ProfileForm): Required<Schema<'Profile'>> {
  return {
    name: form.name.trim(),
    description: form.description.trim(),
    visibility: form.visibility,
    // Only a team's app has a team.
    team: form.visibility === 'team' ? form.team : null,
    redirect_uris: form.redirects
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  };
}

/** The fields in which two profiles differ. */
export function differences(one: ProfileForm, other: ProfileForm): (keyof ProfileForm)[] {
  const fields: (keyof ProfileForm)[] = ['name', 'description', 'visibility', 'team', 'redirects'];
  return fields.filter((field) => one[field].trim() !== other[field].trim());
}
