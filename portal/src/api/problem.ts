/**
 * What can go wrong between the portal and the API, in one shape.
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

/** A fault in one field of what was sent. */
export interface FieldError {
  pointer?: string | null;
  parameter?: string | null;
  detail: string;
}

interface ProblemBody {
  type?: string;
  title?: string;
  detail?: string;
  errors?: FieldError[];
  conflicting_request_id?: string | null;
  request_id?: string;
}

/** A problem on its way to the person whom it concerns. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `product-not-offered` of `/problems/product-not-offered`; empty for what is not the API's. */
  readonly slug: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly conflictingRequestId: string | null;
  /** Names the exchange in the API's logs. */
  readonly requestId: string | null;
  /** After how many seconds another try makes sense. */
  readonly retryAfter: number | null;

  constructor(kind: ProblemKind, status = 0, body: ProblemBody = {}, retryAfter: number | null = null) {
    super(body.detail ?? kind);
    this.kind = kind;
    this.status = status;
    this.slug = body.type?.replace(/^\/problems\//, '') ?? '';
    this.title = body.title ?? '';
    this.detail = body.detail ?? '';
    this.errors = body.errors ?? [];
    this.conflictingRequestId = body.conflicting_request_id ?? null;
    this.requestId = body.request_id ?? null;
    this.retryAfter = retryAfter;
  }

  /** What is wrong with the member at `pointer` of what was sent. */
  at(pointer: string): string | undefined {
    return this.errors.find((error) => error.pointer === pointer)?.detail;
  }
}

/** The problem in an answer that is not a success. */
export function refused(response: Response, body: unknown): Problem {
  const retryAfter = Number(response.headers.get('Retry-After'));
  const patience = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null;
  if (response.status === 401) return new Problem('signed-out', 401);
  if (isProblemBody(body)) return new Problem('refused', response.status, body, patience);
  return new Problem('broken', response.status, {}, patience);
}

/** The problem behind an exchange that had no answer. */
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
