/**
 * The portal's texts. A language is a file beside `en.ts` with the same members; `Messages` says which.
 */
import { en } from './en.ts';

export type Messages = typeof en;

export const t: Messages = en;
