import { api, ask, everyPage, ifMatch, type Schema } from '../../api/client.ts';
import { texts } from '../messages/index.ts';
import {
  isAmount,
  type LimitForm,
  limitForm,
  NO_LIMIT,
  NO_SPAN,
  type SpanForm,
  spanForm,
  toLimit,
  toSeconds,
} from './amounts.ts';
import { fromLines, toLines } from '../offerings/lines.ts';
import type { Offering } from '../offerings/offering.ts';

export interface PlanForm {
  id: string;
  name: string;
  description: string;
  auto_approve: boolean;
  groups: string;
  users: string;
  products: string[];
  approvals_required: number;
  rate_limit: LimitForm;
  quota: LimitForm;
  request_allowance: LimitForm;
  key_expires: SpanForm;
  access_expires: SpanForm;
  remind_after: SpanForm;
  escalate_after: SpanForm;
  expire_after: SpanForm;
  scopes: string;
  metadata: string;
}

type Plan = Schema<'Versioned_Plan'>;

function toForm(plan: Plan): PlanForm {
  const when = plan.auto_approve_when;
  return {
    id: plan.id,
    name: plan.name,
    description: plan.description ?? '',
    auto_approve: plan.auto_approve ?? false,
    groups: toLines(when?.groups ?? []),
    users: toLines(when?.users ?? []),
    products: [...(when?.products ?? [])].sort(),
    approvals_required: plan.approvals_required ?? 1,
    rate_limit: limitForm(plan.rate_limit),
    quota: limitForm(plan.quota),
    request_allowance: limitForm(plan.request_allowance),
    key_expires: spanForm(plan.key_expires_in_seconds),
    access_expires: spanForm(plan.access_expires_in_seconds),
    remind_after: spanForm(plan.remind_after_seconds),
    escalate_after: spanForm(plan.escalate_after_seconds),
    expire_after: spanForm(plan.expire_after_seconds),
    scopes: toLines(plan.scopes ?? []),
    metadata: toLines(Object.entries(plan.metadata ?? {}).map(([name, value]) => `${name}: ${value}`)),
  };
}

function toPlan(form: PlanForm): Schema<'Plan'> {
  return {
    id: form.id.trim(),
    name: form.name.trim(),
    description: form.description.trim(),
    auto_approve: form.auto_approve,
    auto_approve_when: {
      groups: fromLines(form.groups),
      users: fromLines(form.users),
      products: [...form.products].sort(),
    },
    approvals_required: form.approvals_required,
    rate_limit: toLimit(form.rate_limit),
    quota: toLimit(form.quota),
    request_allowance: toLimit(form.request_allowance),
    key_expires_in_seconds: toSeconds(form.key_expires),
    access_expires_in_seconds: toSeconds(form.access_expires),
    remind_after_seconds: toSeconds(form.remind_after),
    escalate_after_seconds: toSeconds(form.escalate_after),
    expire_after_seconds: toSeconds(form.expire_after),
    scopes: fromLines(form.scopes),
    metadata: Object.fromEntries(
      fromLines(form.metadata).map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name.trim(), value.join(':').trim()];
      }),
    ),
  };
}

/** What is typed as a number must be one. */
function faults(form: PlanForm): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of ['rate_limit', 'quota', 'request_allowance'] as const) {
    const { requests, every } = form[name];
    if (!isAmount(requests)) found[`/${name}/requests`] = texts.amounts.notANumber;
    const limited = requests.trim() !== '';
    if (limited && (!isAmount(every.amount) || every.amount.trim() === ''))
      found[`/${name}/per_seconds`] = texts.amounts.notANumber;
  }
  if (!isAmount(form.key_expires.amount)) found['/key_expires_in_seconds'] = texts.amounts.notANumber;
  if (!isAmount(form.access_expires.amount)) found['/access_expires_in_seconds'] = texts.amounts.notANumber;
  for (const name of ['remind_after', 'escalate_after', 'expire_after'] as const) {
    if (!isAmount(form[name].amount)) found[`/${name}_seconds`] = texts.amounts.notANumber;
  }
  return found;
}

const at = (id: string) => ({ path: { id } });

export const plans: Offering<PlanForm, Plan> = {
  address: '/admin/plans',
  blank: {
    id: '',
    name: '',
    description: '',
    auto_approve: false,
    groups: '',
    users: '',
    products: [],
    approvals_required: 1,
    rate_limit: NO_LIMIT,
    quota: NO_LIMIT,
    request_allowance: NO_LIMIT,
    key_expires: NO_SPAN,
    access_expires: NO_SPAN,
    remind_after: NO_SPAN,
    escalate_after: NO_SPAN,
    expire_after: NO_SPAN,
    scopes: '',
    metadata: '',
  },
  toForm,
  faults,
  list: (signal) => everyPage((query) => ask(api.GET('/v1/admin/plans', { params: { query }, signal }))),
  read: (id, signal) => ask(api.GET('/v1/admin/plans/{id}', { params: at(id), ...(signal && { signal }) })),
  create: (form, key) =>
    ask(api.POST('/v1/admin/plans', { params: { header: { 'Idempotency-Key': key } }, body: toPlan(form) })),
  write: (id, version, form) =>
    ask(api.PUT('/v1/admin/plans/{id}', { params: { ...at(id), header: ifMatch(version) }, body: toPlan(form) })),
  remove: async (id, version, force) => {
    const params = { ...at(id), header: ifMatch(version), query: { force } };
    await ask(api.DELETE('/v1/admin/plans/{id}', { params }));
  },
  usage: (id, signal) => ask(api.GET('/v1/admin/plans/{id}/usage', { params: at(id), ...(signal && { signal }) })),
};
