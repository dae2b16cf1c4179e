import type { FaultRule } from '../support/faults.ts';

type Asked = Readonly<Record<string, unknown>>;

const tooMany = (asked: Asked, headers: Record<string, string>, error: object): FaultRule => ({
  ...asked,
  kind: 'status',
  status: 429,
  headers,
  body: { error: { type: 'invalid_request_error', ...error } },
});

/** Both kinds of 429: Stripe's SDK repeats only the one that says it may be repeated. Nothing is remembered under a key. */
export const stripeFaults = {
  /** `reason`: global-rate, endpoint-rate, global-concurrency, endpoint-concurrency or resource-specific. */
  'rate-limit': (asked: Asked) =>
    tooMany(
      asked,
      { 'stripe-rate-limited-reason': typeof asked['reason'] === 'string' ? asked['reason'] : 'global-rate' },
      { code: 'rate_limit', message: 'Too many requests. Please slow down.' },
    ),
  /** Somebody else holds the object. */
  'lock-timeout': (asked: Asked) =>
    tooMany(
      asked,
      { 'stripe-should-retry': 'true' },
      {
        code: 'lock_timeout',
        message: 'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.',
      },
    ),
};
