// The table, and the forms in which requests stand in it.

import { BatchGetItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";

export const TABLE = process.env.GATEPASS_TABLE;
export const client = new DynamoDBClient({});

export const S = (text) => ({ S: text });
export const N = (number) => ({ N: String(number) });
export const key = (pk, sk) => ({ PK: S(pk), SK: S(sk) });

/** The items under `keys` by partition and sort key, read consistently. */
export async function batch(keys) {
  const read = await client.send(new BatchGetItemCommand({ RequestItems: { [TABLE]: { ConsistentRead: true, Keys: keys } } }));
  return new Map(read.Responses[TABLE].map((item) => [`${item.PK.S} ${item.SK.S}`, plain({ M: item })]));
}

/** An attribute as a value of JavaScript. */
export function plain(attribute) {
  const [[kind, value]] = Object.entries(attribute);
  switch (kind) {
    case "N":
      return Number(value);
    case "NULL":
      return null;
    case "L":
      return value.map(plain);
    case "M":
      return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
    default:
      return value;
  }
}

/** The groups that a pending request waits for. */
export function awaiting(request, offers) {
  if (request.state !== "pending") return [];
  const groups = new Map();
  for (const { product_id } of request.items) {
    const own = offers.get(`PROD#${product_id} OFFER`)?.approver_groups ?? [];
    for (const group of own.length > 0 ? own : ["api-owners"]) {
      groups.set(group, [...(groups.get(group) ?? []), product_id]);
    }
  }
  return [...groups].map(([group, product_ids]) => ({ group, product_ids }));
}

/** The keys of the products and plans that the requests name. */
export function offerKeys(requests) {
  const named = requests.flatMap((one) => [...one.items.map((item) => `PROD#${item.product_id}`), `PLAN#${one.plan_id}`]);
  return [...new Set(named)].map((pk) => key(pk, "OFFER"));
}

/** A request as the API shows it. */
export function shown(request, offers) {
  return {
    id: request.id,
    kind: request.kind,
    requester: request.requester,
    app: request.app,
    items: request.items,
    product_ids: request.items.map((item) => item.product_id),
    plan_id: request.plan_id,
    plan_name: request.plan_name,
    auth_method: request.auth_method,
    extends_credential_id: null,
    credential_id: request.credential_id ?? null,
    justification: request.justification ?? null,
    status: request.state,
    policy: request.policy,
    asked: null,
    access_expires_at: null,
    approvals_restarted_at: null,
    approvals_required: offers.get(`PLAN#${request.plan_id} OFFER`)?.approvals_required ?? 1,
    approvals: [],
    awaiting: awaiting(request, offers),
    decide_by: request.waiting?.decide_by ?? null,
    decided_by: null,
    decided_at: null,
    reason: null,
    provisioning: { status: "not_started", attempts: 0, next_attempt_at: null, last_error: null },
    created_at: request.created_at,
    updated_at: request.updated_at,
    version: request.version,
  };
}
