import { api, ask, everyPage, ifMatch, type Schema } from '../../api/client.ts';
import { fromLines, toLines } from '../offerings/lines.ts';
import type { Offering } from '../offerings/offering.ts';

export interface CatalogueForm {
  id: string;
  name: string;
  description: string;
  audience: Schema<'AudienceKind'>;
  groups: string;
  products: string[];
  plans: string[];
  /** The id of one of the plans, or nothing. */
  recommended: string;
}

type Catalogue = Schema<'Versioned_Catalogue'>;

function toForm(catalogue: Catalogue): CatalogueForm {
  return {
    id: catalogue.id,
    name: catalogue.name,
    description: catalogue.description ?? '',
    audience: catalogue.audience.kind,
    groups: toLines(catalogue.audience.groups ?? []),
    products: [...(catalogue.product_ids ?? [])],
    plans: [...(catalogue.plan_ids ?? [])],
    recommended: catalogue.recommended_plan_id ?? '',
  };
}

function toCatalogue(form: CatalogueForm): Schema<'Catalogue'> {
  return {
    id: form.id.trim(),
    name: form.name.trim(),
    description: form.description.trim(),
    // Only an audience of groups has groups.
    audience: { kind: form.audience, groups: form.audience === 'groups' ? fromLines(form.groups) : [] },
    product_ids: [...form.products],
    plan_ids: [...form.plans],
    // A plan that was taken out of the catalogue is not recommended any more.
    recommended_plan_id: form.plans.includes(form.recommended) ? form.recommended : null,
  };
}

const at = (id: string) => ({ path: { id } });

export const catalogues: Offering<CatalogueForm, Catalogue> = {
  address: '/admin/catalogues',
  blank: {
    id: '',
    name: '',
    description: '',
    audience: 'everyone',
    groups: '',
    products: [],
    plans: [],
    recommended: '',
  },
  toForm,
  faults: () => ({}),
  list: (signal) => everyPage((query) => ask(api.GET('/v1/admin/catalogues', { params: { query }, signal }))),
  read: (id, signal) => ask(api.GET('/v1/admin/catalogues/{id}', { params: at(id), ...(signal && { signal }) })),
  create: (form, key) =>
    ask(api.POST('/v1/admin/catalogues', { params: { header: { 'Idempotency-Key': key } }, body: toCatalogue(form) })),
  write: (id, version, form) =>
    ask(
      api.PUT('/v1/admin/catalogues/{id}', {
        params: { ...at(id), header: ifMatch(version) },
        body: toCatalogue(form),
      }),
    ),
  remove: async (id, version, force) => {
    const params = { ...at(id), header: ifMatch(version), query: { force } };
    await ask(api.DELETE('/v1/admin/catalogues/{id}', { params }));
  },
  usage: (id, signal) => ask(api.GET('/v1/admin/catalogues/{id}/usage', { params: at(id), ...(signal && { signal }) })),
};
