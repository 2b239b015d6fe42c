import type { components } from './schema.d.ts';

/**
 * Everything that can go wrong between the portal and the API, in one shape.
 *
 * - `refused`: the API said no, in a problem document (RFC 9457)
 * - `signed-out`: the API does not know who is asking (401)
 * - `offline`: nothing came back
 * - `late`: no answer within {@link PATIENCE}
 * - `broken`: an answer that is none of the API's
 */
export type ProblemKind = 'refused' | 'signed-out' | 'offline' | 'late' | 'broken';

/** How long an answer may take, in milliseconds: API Gateway itself gives up after 30 seconds. */
export const PATIENCE = 31_000;

type ProblemBody = components['schemas']['Problem'];
type FieldError = components['schemas']['FieldError'];

/** The kinds of problem that the API documents: `product-not-offered` of `/problems/product-not-offered`. */
export type Slug = ProblemBody['type'] extends `/problems/${infer Slug}` ? Slug : never;

/** A failure to show to the person who caused or met it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The kind of a `refused` problem; empty for every other failure. */
  readonly slug: Slug | '';
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly conflictingRequestId: string | null;
  /** The id of the exchange in the API's logs. */
  readonly requestId: string | null;
  /** Seconds after which another attempt makes sense. */
  readonly retryAfter: number | null;

  constructor(kind: ProblemKind, status = 0, body: Partial<ProblemBody> = {}, retryAfter: number | null = null) {
    super(body.detail ?? kind);
    this.kind = kind;
    this.status = status;
    this.slug = (body.type?.replace(/^\/problems\//, '') ?? '') as Slug | '';
    this.title = body.title ?? '';
    this.detail = body.detail ?? '';
    this.errors = body.errors ?? [];
    this.conflictingRequestId = body.conflicting_request_id ?? null;
    this.requestId = body.request_id ?? null;
    this.retryAfter = retryAfter;
  }

  /** The fault in the member at `pointer` (RFC 6901) of the request body. */
  at(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }
}

/** The problem in an answer without success. */
export function refused(response: Response, body: unknown): Problem {
  const retryAfter = Number(response.headers.get('Retry-After'));
  const patience = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  if (response.status === 401) return new Problem('signed-out', 401);
  if (isProblemBody(body)) return new Problem('refused', response.status, body, patience);
  return new Problem('broken', response.status, {}, patience);
}

/** The problem of an exchange without an answer. */
export function failed(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  if (cause instanceof DOMException && cause.name === 'TimeoutError') return new Problem('late');
  // `fetch` rejects with a TypeError whenever nothing came back.
  if (cause instanceof TypeError) return new Problem('offline');
  return new Problem('broken');
}

function isProblemBody(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'type' in body && 'detail' in body;
}
