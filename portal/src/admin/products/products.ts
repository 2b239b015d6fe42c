import { api, ask, everyPage, ifMatch, type Schema } from '../../api/client.ts';
import { texts } from '../messages/index.ts';
import { fromLines, toLines } from '../offerings/lines.ts';
import type { Offering } from '../offerings/offering.ts';

export interface ProductForm {
  id: string;
  name: string;
  description: string;
  auth_method: Schema<'AuthMethod'>;
  gateway: Schema<'GatewayKind'>;
  /** What configures the gateway beside its kind, as JSON. */
  configuration: string;
  owners: string;
  documentation_url: string;
  published: boolean;
  status: Schema<'ProductStatus'>;
  /** A day as `2027-06-30`; empty for none. */
  sunset_on: string;
  support: string;
  /** The groups whose members decide on requests for it, one per line. */
  approver_groups: string;
}

type Product = Schema<'Versioned_Product'>;

function toForm(product: Product): ProductForm {
  const { kind, ...configuration } = product.gateway;
  return {
    id: product.id,
    name: product.name,
    description: product.description ?? '',
    auth_method: product.auth_method,
    gateway: kind,
    configuration: Object.keys(configuration).length > 0 ? JSON.stringify(configuration, null, 2) : '',
    owners: toLines(product.owners ?? []),
    documentation_url: product.documentation_url ?? '',
    published: product.published ?? false,
    status: product.status,
    sunset_on: product.sunset_on ?? '',
    support: product.support ?? '',
    approver_groups: toLines(product.approver_groups ?? []),
  };
}

function toProduct(form: ProductForm): Schema<'Product'> {
  return {
    id: form.id.trim(),
    name: form.name.trim(),
    description: form.description.trim(),
    auth_method: form.auth_method,
    gateway: { ...configuration(form.configuration), kind: form.gateway },
    owners: fromLines(form.owners),
    documentation_url: form.documentation_url.trim() || null,
    published: form.published,
    status: form.status,
    sunset_on: form.status === 'deprecated' ? form.sunset_on || null : null,
    support: form.support.trim() || null,
    approver_groups: fromLines(form.approver_groups),
  };
}

/** The object that a text is in JSON; `undefined` when it is none. */
function configuration(text: string): object | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const at = (id: string) => ({ path: { id } });

export const products: Offering<ProductForm, Product> = {
  address: '/admin/products',
  blank: {
    id: '',
    name: '',
    description: '',
    auth_method: 'api_key',
    gateway: 'builtin',
    configuration: '',
    owners: '',
    documentation_url: '',
    published: false,
    status: 'stable',
    sunset_on: '',
    support: '',
    approver_groups: '',
  },
  toForm,
  faults: (form): Record<string, string> =>
    configuration(form.configuration) ? {} : { '/gateway': texts.products.notAnObject },
  list: (signal) => everyPage((query) => ask(api.GET('/v1/admin/products', { params: { query }, signal }))),
  read: (id, signal) => ask(api.GET('/v1/admin/products/{id}', { params: at(id), ...(signal && { signal }) })),
  create: (form, key) =>
    ask(api.POST('/v1/admin/products', { params: { header: { 'Idempotency-Key': key } }, body: toProduct(form) })),
  write: (id, version, form) =>
    ask(api.PUT('/v1/admin/products/{id}', { params: { ...at(id), header: ifMatch(version) }, body: toProduct(form) })),
  remove: async (id, version, force) => {
    const params = { ...at(id), header: ifMatch(version), query: { force } };
    await ask(api.DELETE('/v1/admin/products/{id}', { params }));
  },
  usage: (id, signal) => ask(api.GET('/v1/admin/products/{id}/usage', { params: at(id), ...(signal && { signal }) })),
};
