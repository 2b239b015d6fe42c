/** What somebody fills in to ask for access. */
import type { Schema } from '../api/client.ts';

/** The choice of an app that is yet to be made. */
export const NEW_APP = 'new';

/** The form, as far as it is filled in. */
export interface RequestInput {
  /** An app's id, {@link NEW_APP}, or nothing yet. */
  app: string;
  name: string;
  description: string;
  /** The credential to add the products to; empty for a new one. */
  extends: string;
  justification: string;
}

export const EMPTY_INPUT: RequestInput = { app: '', name: '', description: '', extends: '', justification: '' };

/** Under which name the app and the credential are kept that somebody wants to add products to. */
export const TARGET = 'target';

/** The form as the API takes it. */
export function submission(input: RequestInput): Schema<'SubmitCartBody'> {
  const justification = input.justification.trim();
  const target =
    input.app === NEW_APP
      ? { new_app: { name: input.name.trim(), description: input.description.trim() } }
      : { app_id: input.app, ...(input.extends && { extends_credential_id: input.extends }) };
  return { ...target, ...(justification && { justification }) };
}

/** The credentials that could open these products too: live, of the same plan and method, and without any of them. */
export function extensible(
  credentials: readonly Schema<'Listed_Versioned_Credential'>['items'][number][],
  wanted: { planId: string; authMethod: Schema<'AuthMethod'>; productIds: readonly string[] },
): Schema<'Versioned_Credential'>[] {
  return credentials.filter(
    ({ status, plan_id, auth_method, grants }) =>
      status === 'active' &&
      plan_id === wanted.planId &&
      auth_method === wanted.authMethod &&
      !grants.some((grant) => grant.status === 'active' && wanted.productIds.includes(grant.product_id)),
  );
}
