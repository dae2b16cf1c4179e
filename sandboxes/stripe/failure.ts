export interface StripeErrorBody {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly [more: string]: unknown;
}

/** An answer of Stripe's that is no success. */
export class StripeFailure extends Error {
  readonly status: number;
  readonly body: StripeErrorBody;
  /** What was done before the refusal stands: a declined charge was still tried. */
  readonly keepsState: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    status: number,
    body: StripeErrorBody,
    { keepsState = false, headers }: { keepsState?: boolean; headers?: Record<string, string> } = {},
  ) {
    super(body.message);
    this.status = status;
    this.body = body;
    this.keepsState = keepsState;
    this.headers = headers;
  }
}

/** 400 for a parameter (named) or a state that does not allow the request. */
export const invalid = (message: string, { code, param }: { code?: string; param?: string } = {}): StripeFailure =>
  new StripeFailure(400, { type: 'invalid_request_error', message, ...(code ? { code } : {}), ...(param ? { param } : {}) });

/** 404 when the id came in the path (`param` is then `id`, as Stripe says), 400 when it came as a parameter. */
export const missing = (kind: string, id: string, param = 'id'): StripeFailure =>
  new StripeFailure(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  });

/** The same refusal, with whatever led to it undone. */
export const nothingMade = ({ status, body }: StripeFailure): StripeFailure => new StripeFailure(status, body);
