/** Who may use the Admin Portal, as the API says of the person. As long as it has not, nobody may. */
import type { Schema } from '../api/client.ts';

type Me = Schema<'Me'> | null;

/** Whether somebody manages everything and may decide on every request. */
export function isAdministrator(me: Me): boolean {
  return me?.administrator ?? false;
}

/** Whether somebody decides on requests: on all, or on those for their products. */
export function decides(me: Me): boolean {
  return me !== null && (me.administrator || me.approver_of.length > 0);
}
