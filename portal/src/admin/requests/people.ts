import type { Schema } from '../../api/client.ts';
import { session } from '../../session/session.svelte.ts';
import { texts } from '../messages/index.ts';

/** Who did something, as one says it to the person who reads. */
export function nameOf(actor: Schema<'Actor'> | null | undefined): string {
  if (!actor || actor.kind === 'system') return texts.people.gatepass;
  if (actor.kind === 'policy') return texts.people.policy;
  return actor.id === session.me?.id ? texts.people.you : (actor.name ?? actor.id);
}
