// The caller, problems and answers of the HTTP API.

export class Problem extends Error {
  constructor(status, type, detail) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

/** Runs `handle` and turns a problem into its answer. */
export async function answering(event, handle) {
  try {
    return await handle(person(event));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const { status, type, message } = problem;
    const body = { type: `/problems/${type}`, title: type, status, detail: message, request_id: event.requestContext.requestId };
    return answer(status, body, { "content-type": "application/problem+json" });
  }
}

export function answer(statusCode, body, headers) {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}

/** The person of the token, if it is the one that API Gateway verified and an access token. */
function person(event) {
  const verified = event.requestContext.authorizer?.jwt?.claims;
  const [scheme, token = ""] = (event.headers.authorization ?? "").split(" ");
  const [head, payload] = token.split(".", 2).map((part) => parsed(Buffer.from(part, "base64url").toString()));
  const isVerified = verified && ["sub", "iat", "jti"].every((name) => String(payload?.[name]) === verified[name]);
  const isAccess = head && (payload?.token_use ?? "access") === "access" && !("at_hash" in payload);
  if (scheme.toLowerCase() !== "bearer" || !isVerified || !isAccess) throw new Problem(401, "unauthorized", "Unauthorized");
  return {
    id: payload.sub,
    name: payload.name || payload.sub,
    email: payload.email_verified === true || payload.email_verified === "true" ? payload.email : null,
    groups: payload[process.env.GATEPASS_GROUPS_CLAIM] ?? [],
  };
}

export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
