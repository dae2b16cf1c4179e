import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SandboxRequest } from '../support/http.ts';
import type { PusherApp } from '../support/kernel.ts';

const toleranceSeconds = 600;

export const hmac = (secret: string, text: string | Buffer): string => createHmac('sha256', secret).update(text).digest('hex');

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Why a request to the HTTP API is not authorised, in Pusher's words; undefined when it is. @param now unix seconds */
export function unauthorised(
  { key, secret }: PusherApp,
  { method, rawPath, query, rawBody }: SandboxRequest,
  now: number,
): string | undefined {
  if (query.get('auth_key') !== key) return 'Unknown auth_key';
  if (query.get('auth_version') !== '1.0') return 'Invalid auth_version';
  const timestamp = Number(query.get('auth_timestamp'));
  if (!Number.isInteger(timestamp) || Math.abs(now - timestamp) > toleranceSeconds)
    return `Timestamp expired: Given timestamp not within ${toleranceSeconds}s of server time`;
  if (rawBody.length > 0 && query.get('body_md5') !== createHash('md5').update(rawBody).digest('hex')) return 'Invalid body_md5';
  const signed = [...query]
    .filter(([name]) => name !== 'auth_signature')
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return same(query.get('auth_signature') ?? '', hmac(secret, `${method}\n${rawPath}\n${signed}`)) ? undefined : 'Invalid signature';
}

/** Whether `auth` (`<key>:<hmac>`) allows a socket to subscribe, or with `::user::` to sign in. */
export function allows({ key, secret }: PusherApp, auth: string, ...parts: readonly string[]): boolean {
  return same(auth, `${key}:${hmac(secret, parts.join(':'))}`);
}
