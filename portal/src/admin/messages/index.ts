/** The Admin Portal's texts: a language is a file beside `en.ts` with the same members, as with the portal's own. */
import { en } from './en.ts';

export type AdminMessages = typeof en;

export const texts: AdminMessages = en;
