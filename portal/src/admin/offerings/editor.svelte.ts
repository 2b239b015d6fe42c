/**
 * Changing something that others may change at the same time: what is typed is kept until it is saved, and what
 * somebody else has saved meanwhile is set beside it, field by field.
 */
import { tick } from 'svelte';

import { failed, type Problem } from '../../api/problem.ts';
import { Action } from '../../state/action.svelte.ts';
import { discard, draft } from '../../state/draft.svelte.ts';
import { type Resource, resource } from '../../state/resource.svelte.ts';
import type { Editable, Revised } from './offering.ts';

/** A field that somebody else has changed. */
export interface Difference {
  field: string;
  side: 'theirs' | 'mine';
}

interface Kept<Form> {
  /** The version that the form began from; `null` as long as nothing was read. */
  version: number | null;
  /** That version, as the form has it. */
  base: Form;
  form: Form;
}

export class Editor<Form extends object, Entity extends Revised> {
  /** The entity as it was last read or saved. */
  readonly resource: Resource<Entity>;
  readonly save: Action<{ form: Form; version: number }, Entity>;
  /** What somebody else has made of it since; with what differs, and which side is to be saved. */
  theirs = $state.raw<{ entity: Entity; form: Form; mine: Form } | undefined>();
  differences = $state<Difference[]>([]);
  /** Whether what is shown was just saved. */
  saved = $state(false);

  readonly #kind: Editable<Form, Entity>;
  readonly #id: string;
  readonly #kept: Kept<Form>;
  #faults = $state.raw<Record<string, string>>({});

  /** Call within a component; `name` tells what is kept from what other forms keep. */
  constructor(kind: Editable<Form, Entity>, id: string, name: string) {
    this.#kind = kind;
    this.#id = id;
    this.#kept = draft<Kept<Form>>(name, { version: null, base: kind.blank, form: structuredClone(kind.blank) });
    this.save = new Action(({ form, version }) => kind.write(id, version, form));
    this.resource = resource(async (signal) => {
      const entity = await kind.read(id, signal);
      if (this.#kept.version === null || !this.dirty) this.#take(entity);
      else if (this.#kept.version !== entity.version) await this.#meet(entity);
      return entity;
    });
    this.forget = () => discard(name);
  }

  /** Forgets what was typed: there is nothing left to change. */
  readonly forget: () => void;

  get form(): Form {
    return this.#kept.form;
  }

  /** Whether something was typed and not saved. */
  get dirty(): boolean {
    return !same(this.#kept.form, this.#kept.base);
  }

  get version(): number {
    return this.#kept.version ?? 0;
  }

  /** What is wrong with the member at `pointer`, or in it. */
  at = (pointer: string): string | undefined => this.#faults[pointer] ?? faultWithin(this.save.problem, pointer);

  /** Saves. What cannot be saved is pointed at. */
  send = async (): Promise<void> => {
    this.saved = false;
    this.#faults = this.#kind.faults(this.form);
    if (Object.keys(this.#faults).length > 0) {
      this.save.problem = undefined;
    } else {
      const entity = await this.save.run({ form: plain(this.form), version: this.version });
      if (entity) {
        this.#take(entity);
        this.resource.data = entity;
        this.saved = true;
        return;
      }
      if (this.save.problem?.status === 412) await this.#learn();
    }
    await tick();
    document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus();
  };

  /** Gives up what was typed. */
  revert = (): void => {
    if (this.resource.data) this.#take(this.resource.data);
  };

  /** Settles which side of a difference is to be saved. */
  choose(field: string, side: Difference['side']): void {
    if (!this.theirs) return;
    const name = field as keyof Form;
    this.form[name] = structuredClone(this.theirs[side === 'theirs' ? 'form' : 'mine'][name]);
    for (const difference of this.differences) if (difference.field === field) difference.side = side;
  }

  #take(entity: Entity): void {
    const form = this.#kind.toForm(entity);
    Object.assign(this.#kept, { version: entity.version, base: form, form: structuredClone(form) });
    this.theirs = undefined;
    this.differences = [];
    this.save.problem = undefined;
  }

  async #learn(): Promise<void> {
    try {
      const entity = await this.#kind.read(this.#id);
      this.resource.data = entity;
      await this.#meet(entity);
    } catch (cause) {
      this.save.problem = failed(cause);
    }
  }

  /** Sets somebody else's version beside one's own: what one has not touched becomes theirs. */
  async #meet(entity: Entity): Promise<void> {
    const [theirs, mine, base] = [this.#kind.toForm(entity), plain(this.form), plain(this.#kept.base)];
    const fields = Object.keys(theirs) as (keyof Form & string)[];
    const changed = fields.filter((field) => !same(theirs[field], mine[field]) && !same(theirs[field], base[field]));
    this.theirs = { entity, form: theirs, mine };
    this.differences = changed.map((field) => ({ field, side: 'mine' }));
    for (const field of changed) if (same(mine[field], base[field])) this.choose(field, 'theirs');
    Object.assign(this.#kept, { version: entity.version, base: structuredClone(theirs) });
    await tick();
    document.getElementById('conflict')?.focus();
  }
}

/** What a problem says of the member at `pointer`, or of one within it. */
export function faultWithin(problem: Problem | undefined, pointer: string): string | undefined {
  return problem?.errors.find((error) => error.pointer === pointer || error.pointer?.startsWith(`${pointer}/`))?.detail;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
