import { api, ask, everyPage, ifMatch, type Schema } from '../../api/client.ts';
import { fromLines, toLines } from '../offerings/lines.ts';
import type { Offering } from '../offerings/offering.ts';

/** The kinds of gateway that the form has fields for: those that an installation can offer. */
export const GATEWAYS = ['builtin', 'oauth2_dcr'] as const;
export type GatewayForm = (typeof GATEWAYS)[number];

export interface ProductForm {
  id: string;
  name: string;
  description: string;
  auth_method: Schema<'AuthMethod'>;
  gateway: GatewayForm;
  /** Of `builtin`: the treatment of calls over the limits of their plan; empty when nobody counts them. */
  over_limit: '' | Schema<'OverLimit'>;
  /** Of `oauth2_dcr`. */
  issuer: string;
  initial_access_token_secret: string;
  /** One scope per line. */
  scopes: string;
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
  const { gateway } = product;
  const provider = gateway.kind === 'oauth2_dcr' ? gateway : undefined;
  const counts = gateway.kind === 'builtin' && gateway.enforce;
  return {
    id: product.id,
    name: product.name,
    description: product.description ?? '',
    auth_method: product.auth_method,
    gateway: provider ? 'oauth2_dcr' : 'builtin',
    over_limit: counts ? (gateway.over_limit ?? 'deny') : '',
    issuer: provider?.issuer ?? '',
    initial_access_token_secret: provider?.initial_access_token_secret ?? '',
    scopes: toLines(provider?.scopes ?? []),
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
    gateway: toGateway(form),
    owners: fromLines(form.owners),
    documentation_url: form.documentation_url.trim() || null,
    published: form.published,
    status: form.status,
    sunset_on: form.status === 'deprecated' ? form.sunset_on || null : null,
    support: form.support.trim() || null,
    approver_groups: fromLines(form.approver_groups),
  };
}

function toGateway(form: ProductForm): Schema<'Gateway'> {
  if (form.gateway === 'builtin') {
    return form.over_limit === ''
      ? { kind: 'builtin' }
      : { kind: 'builtin', enforce: true, over_limit: form.over_limit };
  }
  return {
    kind: 'oauth2_dcr',
    issuer: form.issuer.trim(),
    initial_access_token_secret: form.initial_access_token_secret.trim() || null,
    scopes: fromLines(form.scopes),
  };
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
    over_limit: '',
    issuer: '',
    initial_access_token_secret: '',
    scopes: '',
    owners: '',
    documentation_url: '',
    published: false,
    status: 'stable',
    sunset_on: '',
    support: '',
    approver_groups: '',
  },
  toForm,
  faults: () => ({}),
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
