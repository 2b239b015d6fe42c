// POST /v1/access-requests: one batch of reads, one transaction, and what the answer says of who decides.

import { createHash, randomBytes, randomUUID } from "node:crypto";

import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";

import { Problem, answer, answering, parsed } from "./http.mjs";
import { N, S, TABLE, batch, client, key, offerKeys, shown } from "./table.mjs";

const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SHARDS = 4;
const MAX_PENDING = 20;
const HOUR = 3_600_000;

export function submit(event) {
  return answering(event, async (caller) => {
    const asked = check(parsed(event.body));
    const { app_id, catalogue_id, plan_id, product_ids } = asked;
    const found = await batch([
      key(`CAT#${catalogue_id}`, "OFFER"),
      ...product_ids.map((id) => key(`PROD#${id}`, "OFFER")),
      key(`PLAN#${plan_id}`, "OFFER"),
      key(`U#${caller.id}`, `ALLOWANCE#${plan_id}`),
      key(`U#${caller.id}`, "HOLDINGS"),
      key("SET#settings", "SET"),
      key(`A#${app_id}`, "APP"),
    ]);
    const settings = found.get("SET#settings SET");
    if (settings?.access_flow === "cart") throw new Problem(409, "access-flow-disabled", "Collect products in the cart.");
    const catalogue = found.get(`CAT#${catalogue_id} OFFER`);
    const plan = found.get(`PLAN#${plan_id} OFFER`);
    const products = product_ids.map((id) => found.get(`PROD#${id} OFFER`));
    const app = found.get(`A#${app_id} APP`);
    checkRules(caller, catalogue, plan, products, app, plan_id);
    const holdings = found.get(`U#${caller.id} HOLDINGS`) ?? { version: 0, pending: [] };
    const most = settings?.max_pending_per_person ?? MAX_PENDING;
    if (holdings.pending.length >= most) throw new Problem(409, "too-many-pending", "Too many requests are pending.");

    const request = made(caller, asked, { app, catalogue, plan, products });
    await commit(caller, request, catalogue, holdings, event.requestContext);
    const offers = await batch(offerKeys([request]));
    const headers = { location: `/v1/access-requests/${request.id}`, etag: '"1"' };
    return answer(201, shown(request, offers), headers);
  });
}

function check(body) {
  const isFit =
    body &&
    SLUG.test(body.catalogue_id) &&
    SLUG.test(body.plan_id) &&
    UUID.test(body.app_id) &&
    Array.isArray(body.product_ids) &&
    body.product_ids.length > 0 &&
    body.product_ids.length <= 20 &&
    body.product_ids.every((id) => SLUG.test(id)) &&
    new Set(body.product_ids).size === body.product_ids.length &&
    (body.justification ?? "").length <= 2000;
  if (!isFit) throw new Problem(422, "validation-failed", "The body is not as it should be.");
  return body;
}

function checkRules(caller, catalogue, plan, products, app, planId) {
  const { kind, groups = [] } = catalogue?.audience ?? {};
  const isSeen = kind === "everyone" || kind === "public" || groups.some((group) => caller.groups.includes(group));
  for (const product of products) {
    const isOffered = isSeen && product?.published && product.status !== "retired" && catalogue.product_ids.includes(product.id);
    if (!isOffered) throw new Problem(409, "product-not-offered", "A product is not on offer.");
  }
  if (!plan || !catalogue.plan_ids.includes(planId)) throw new Problem(409, "plan-not-offered", "The plan is not on offer.");
  if (new Set(products.map((product) => product.auth_method)).size > 1) {
    throw new Problem(409, "mixed-authentication-methods", "The products authenticate in different ways.");
  }
  if (app?.owner !== caller.id) throw new Problem(409, "app-not-usable", "The app is not yours.");
}

/** The policy's verdict. */
function judged(plan, caller, productIds) {
  const { users = [], groups = [], products = [] } = plan.auto_approve_when ?? {};
  const conditions = [
    [users, (listed) => listed.includes(caller.id)],
    [groups, (listed) => listed.some((group) => caller.groups.includes(group))],
    [products, (listed) => productIds.every((id) => listed.includes(id))],
  ];
  const holds = plan.auto_approve && conditions.every(([listed, holdsFor]) => listed.length === 0 || holdsFor(listed));
  const reasons = [holds ? `the plan \`${plan.id}\` approves automatically` : `the plan \`${plan.id}\` is reviewed by API Owners`];
  return { review: holds ? "automatic" : "manual", rule: holds ? "auto_approve" : "auto_approve_off", plan_version: plan.version, reasons };
}

function made(caller, asked, { app, catalogue, plan, products }) {
  const now = new Date();
  const after = (hours) => new Date(now.getTime() + hours * HOUR).toISOString();
  return {
    id: uuid7(now),
    kind: "new",
    requester: caller,
    app: { id: asked.app_id, name: app.name },
    items: products.map(({ id, name }) => ({ product_id: id, catalogue_id: catalogue.id, name })),
    plan_id: plan.id,
    plan_name: plan.name,
    auth_method: products[0].auth_method,
    justification: asked.justification,
    policy: judged(plan, caller, asked.product_ids),
    state: "pending",
    waiting: { decide_by: after(720), escalate_at: after(120), remind_after_seconds: 172_800 },
    remind_at: after(48),
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
    version: 1,
  };
}

async function commit(caller, request, catalogue, holdings, { requestId, http }) {
  const now = request.created_at;
  const eventId = uuid7(new Date(now));
  const salt = randomBytes(16).toString("hex");
  const personal = JSON.stringify({ actor_name: caller.name, origin: { source_address: http.sourceIp, user_agent: http.userAgent } });
  const productIds = request.items.map((item) => item.product_id);
  const body = JSON.stringify({
    actor_id: caller.id,
    actor_kind: "person",
    aggregate: { id: request.id, kind: "request" },
    commitment: sha256(salt + personal),
    correlation_id: requestId,
    data: {
      app_id: request.app.id,
      credential_id: null,
      kind: "new",
      plan_id: request.plan_id,
      product_ids: productIds,
      request_id: request.id,
      requester_id: caller.id,
      review: request.policy.review,
    },
    id: eventId,
    occurred_at: now,
    seq: 1,
    type: "AccessRequestSubmitted",
    version: 1,
  });
  const hash = sha256(body);
  const put = (item, condition = {}) => ({
    Put: {
      TableName: TABLE,
      Item: item,
      ConditionExpression: "attribute_not_exists(PK)",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      ...condition,
    },
  });
  const names = Object.fromEntries(productIds.map((id, place) => [`#p${place}`, id]));
  const places = Object.keys(names);
  const held = { ":expected": N(holdings.version) };
  const TransactItems = [
    put(stored(request, hash)),
    ...productIds.map((id) =>
      put({
        ...key(`R#${request.id}`, `FOR#${id}`),
        GSI1PK: S(`PROD#${id}#pending`),
        GSI1SK: S(`${now}#${request.id}`),
        GSI2PK: S(`PLAN#${request.plan_id}`),
        GSI2SK: S(`${now}#${request.id}`),
      }),
    ),
    put({
      ...key(`E#R#${request.id}`, "00000001"),
      GSI1PK: S(`A#${request.app.id}`),
      GSI1SK: S(`R#${now}#${request.id}`),
      GSI2PK: S(`L#${now.slice(0, 10)}#${shard(eventId)}`),
      GSI2SK: S(`${now}#${eventId}`),
      body: S(body),
      hash: S(hash),
      personal: S(personal),
      salt: S(salt),
    }),
    {
      ConditionCheck: {
        TableName: TABLE,
        Key: key(`CAT#${catalogue.id}`, "VERSION"),
        ConditionExpression: "version = :expected",
        ExpressionAttributeValues: { ":expected": N(catalogue.version) },
      },
    },
    {
      Update: {
        TableName: TABLE,
        Key: key(`A#${request.app.id}`, "ACCESS"),
        UpdateExpression: `SET ${places.map((place) => `products.${place} = :request`).join(", ")}`,
        ConditionExpression: [
          "attribute_exists(PK)",
          "attribute_not_exists(closing)",
          ...places.map((place) => `attribute_not_exists(products.${place})`),
        ].join(" AND "),
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ":request": S(request.id) },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      },
    },
    put(
      {
        ...key(`U#${caller.id}`, "HOLDINGS"),
        pending: { L: [...holdings.pending, request.id].map(S) },
        version: N(holdings.version + 1),
      },
      { ConditionExpression: "attribute_not_exists(PK) OR version = :expected", ExpressionAttributeValues: held },
    ),
  ];
  await client.send(new TransactWriteItemsCommand({ ClientRequestToken: randomUUID(), TransactItems }));
}

/** A request as it stands in the table. */
function stored(request, hash) {
  const { id, created_at: at, requester, policy } = request;
  const texts = (values) => ({ L: values.map(S) });
  const map = (members) => ({ M: Object.fromEntries(Object.entries(members).map(([name, text]) => [name, S(text)])) });
  return {
    ...key(`R#${id}`, "REQ"),
    GSI1PK: S(`U#${requester.id}`),
    GSI1SK: S(`R#${at}#${id}`),
    GSI2PK: S(`Q#pending#${shard(id)}`),
    GSI2SK: S(`${at}#${id}`),
    WORKPK: S("WORK"),
    WORKSK: S(`waiting#${request.remind_at}#R#${id}/REQ`),
    app: map(request.app),
    auth_method: S(request.auth_method),
    chain: { M: { hash: S(hash), seq: N(1) } },
    created_at: S(at),
    items: { L: request.items.map(map) },
    kind: S("new"),
    plan_id: S(request.plan_id),
    plan_name: S(request.plan_name),
    policy: { M: { ...map({ review: policy.review, rule: policy.rule }).M, plan_version: N(policy.plan_version), reasons: texts(policy.reasons) } },
    requester: { M: { ...map({ id: requester.id, name: requester.name, email: requester.email ?? "" }).M, groups: texts(requester.groups) } },
    schema_version: N(1),
    state: S("pending"),
    updated_at: S(at),
    version: N(1),
    waiting: {
      M: {
        decide_by: S(request.waiting.decide_by),
        escalate_at: S(request.waiting.escalate_at),
        remind_after_seconds: N(request.waiting.remind_after_seconds),
      },
    },
  };
}

function uuid7(now) {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const shard = (id) => Number.parseInt(id.slice(-2), 16) % SHARDS;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
