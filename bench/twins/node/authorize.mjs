// The authorizer: opens a protected API to the keys that Gatepass issued.

import { createHash } from "node:crypto";
import zlib from "node:zlib";

import { GetItemCommand } from "@aws-sdk/client-dynamodb";

import { TABLE, client, key, plain } from "./table.mjs";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BODY = 46;
const CLOSED = { isAuthorized: false, context: {} };
const KEPT_MS = 60_000;

const plans = new Map();

export async function authorize(event) {
  const product = event.stageVariables.gatepass_product_id;
  const given = Object.entries(event.headers).find(([name]) => name.toLowerCase() === "x-api-key")?.[1];
  if (!given || !isKey(given)) return CLOSED;
  const digest = createHash("sha256").update(given).digest("hex");
  const record = await read(`K#${digest}`, "KEY");
  const now = Date.now();
  const lives = record?.status === "active" && !(record.not_after && Date.parse(record.not_after) <= now);
  if (!lives || !record.grants.some((grant) => grant.product_id === product && grant.status === "active")) return CLOSED;
  const plan = await recent(plans, record.plan_id, now, () => read(`PLAN#${record.plan_id}`, "OFFER"));
  if (!plan) return CLOSED;
  const context = {
    credential_id: record.credential_id,
    app_id: record.app_id,
    plan_id: record.plan_id,
    product_id: product,
  };
  for (const [name, limit] of [["rate", plan.rate_limit], ["quota", plan.quota]]) {
    if (!limit) continue;
    context[`${name}_requests`] = String(limit.requests);
    context[`${name}_per_seconds`] = String(limit.per_seconds);
  }
  return { isAuthorized: true, context };
}

async function read(pk, sk) {
  const found = await client.send(new GetItemCommand({ TableName: TABLE, ConsistentRead: true, Key: key(pk, sk) }));
  return found.Item && plain({ M: found.Item });
}

async function recent(kept, id, now, load) {
  const known = kept.get(id);
  if (known && now - known.at < KEPT_MS) return known.value;
  const value = await load();
  kept.set(id, { at: now, value });
  return value;
}

function isKey(text) {
  return /^gp_[0-9A-Za-z]{49}$/.test(text) && text.slice(BODY) === checksum(text.slice(0, BODY));
}

function checksum(body) {
  let number = crc32(body);
  let digits = "";
  for (let place = 0; place < 6; place += 1) {
    digits = ALPHABET[number % 62] + digits;
    number = Math.floor(number / 62);
  }
  return digits;
}

function crc32(text) {
  if (zlib.crc32) return zlib.crc32(text);
  let crc = ~0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
