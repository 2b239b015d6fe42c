/** What owners put on offer: plans, products and catalogues, which are all listed, made, changed and deleted alike. */
import type { Schema } from '../../api/client.ts';

/** What changes have a number. */
export interface Revised {
  version: number;
  updated_at: string;
}

export interface Named extends Revised {
  id: string;
  name: string;
}

/** Something that is read, filled into a form, and written back if nobody else has changed it meanwhile. */
export interface Editable<Form extends object, Entity extends Revised> {
  blank: Form;
  toForm: (entity: Entity) => Form;
  /** What is wrong with what was typed, by JSON pointer, as far as the API could not say it in a person's words. */
  faults: (form: Form) => Record<string, string>;
  read: (id: string, signal?: AbortSignal) => Promise<Entity>;
  write: (id: string, version: number, form: Form) => Promise<Entity>;
}

/** One of the three kinds. */
export interface Offering<Form extends { id: string; name: string }, Entity extends Named> extends Editable<
  Form,
  Entity
> {
  /** Where its pages are. */
  address: string;
  list: (signal: AbortSignal) => Promise<Entity[]>;
  create: (form: Form, key: string) => Promise<Entity>;
  remove: (id: string, version: number, force: boolean) => Promise<void>;
  /** The newest of those who would be hit if it went away, and whether there are more. */
  usage: (id: string, signal?: AbortSignal) => Promise<Schema<'Usage'>>;
}
