import assert from 'node:assert/strict';
import { type TOTP, URI } from 'otpauth';
import type { TestApi } from './api.ts';

/** Someone's authenticator app. */
export interface Authenticator {
  readonly totp: TOTP;
  readonly recoveryCodes: readonly string[];
  /** A code of the moment. */
  codeAt(at: Date | number): string;
}

/** Enrols a second factor over HTTP; it counts when it is confirmed. */
export async function enrolAuthenticator(
  api: Pick<TestApi, 'send'>,
  credentials: { login: string; password: string },
): Promise<Authenticator> {
  const { login: email, password } = credentials;
  const { status, body } = await api.send('/v1/auth/mfa/enrol', { body: { email, password } });
  assert.equal(status, 200);
  const totp = URI.parse(String(body['otpauthUri'])) as TOTP;
  const codeAt = (at: Date | number): string => totp.generate({ timestamp: Number(at) });
  return { totp, recoveryCodes: body['recoveryCodes'] as unknown as string[], codeAt };
}
