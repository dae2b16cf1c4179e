import { UnavailableError, VaultDeniedError } from '../domain/errors.ts';
import { askJson, type JsonAnswer } from './json-http.ts';

export interface VaultAnswer {
  readonly status: number;
  readonly data: Record<string, unknown>;
  /** What the server said went wrong, for telling cases apart: never shown to a client. */
  readonly errors: readonly string[];
}
type Method = 'GET' | 'POST' | 'DELETE';
export type VaultCall = (method: Method, path: string, body?: unknown) => Promise<VaultAnswer>;
export interface VaultAccess {
  readonly address: string;
  readonly token: string;
  readonly timeoutMs?: number;
}

const renewEveryMs = 3_600_000;

/**
 * Speaks OpenBao's HTTP API (paths below /v1). Answers of 2xx, 400 and 404 are returned; 403 throws VaultDeniedError, anything else
 * (no connection, time-out, sealed, 5xx) UnavailableError. The token renews itself on use, at most once an hour.
 */
export function createVaultHttp({ address, token, timeoutMs = 5_000 }: VaultAccess): VaultCall {
  let renewedAt = 0;
  const call: VaultCall = async (method, path, body) => {
    if (Date.now() - renewedAt > renewEveryMs) void renew();
    return send(method, path, body);
  };

  async function send(method: Method, path: string, body?: unknown): Promise<VaultAnswer> {
    const { status, json } = await exchange(method, path, body);
    if (status === 403) throw new VaultDeniedError(`${method} ${path}`);
    if (status >= 300 && status !== 400 && status !== 404) throw new UnavailableError('vault', 5, new Error(`status ${status}`));
    return { status, data: (json['auth'] ?? json['data'] ?? {}) as VaultAnswer['data'], errors: (json['errors'] ?? []) as string[] };
  }

  async function exchange(method: Method, path: string, body: unknown): Promise<JsonAnswer> {
    try {
      return await askJson({ method, url: `${address}/v1/${path}`, headers: { 'x-vault-token': token }, body, timeoutMs });
    } catch (error) {
      throw new UnavailableError('vault', 5, error);
    }
  }

  async function renew(): Promise<void> {
    const before = renewedAt;
    renewedAt = Date.now();
    // A root token refuses to be renewed (400) and needs none; when the server is away, the next use tries again.
    await send('POST', 'auth/token/renew-self').catch(() => {
      renewedAt = before;
    });
  }
  return call;
}
