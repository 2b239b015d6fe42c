import type { Schema } from '../api/client.ts';

/** The group whose members decide on requests and manage what is on offer: the API asks for it too. */
const OWNERS = 'api-owners';

/** Whether somebody is an API Owner; as long as the API has not said who they are, they are not. */
export function isOwner(me: Schema<'Me'> | null): boolean {
  return me?.groups.includes(OWNERS) ?? false;
}
