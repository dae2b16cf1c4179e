import type { Readable } from 'node:stream';
import type { Progress, RunError, RunStatus } from '../../domain/run.ts';

/** A refusal of the API, in its own words (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;
  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(typeof problem['detail'] === 'string' ? problem['detail'] : `The API answered ${status}.`);
    this.name = 'ProblemError';
    this.status = status;
    this.problem = problem;
  }
}

export interface Run extends Progress {
  readonly id: string;
  readonly process: string;
  readonly status: RunStatus;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: RunError;
  readonly temporalUi?: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly stream?: Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A thin client of the public API. `token` is added to every call once `signIn` has answered. */
export function createApiClient(baseUrl: string) {
  let token: string | undefined;

  async function send(path: string, { method = 'GET', body, stream, headers = {} }: CallOptions = {}): Promise<Response> {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const authorization = token ? { authorization: `Bearer ${token}` } : {};
    const init = { method, headers: { accept: 'application/json', ...json, ...authorization, ...headers } };
    const payload = stream
      ? { body: stream as unknown as NonNullable<RequestInit['body']>, duplex: 'half' as const }
      : body === undefined
        ? {}
        : { body: JSON.stringify(body) };
    const response = await fetch(new URL(path, baseUrl), { ...init, ...payload }).catch((error: unknown) => {
      throw new Error(`The API at ${baseUrl} does not answer. Is \`npm start\` running?`, { cause: error });
    });
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    throw new ProblemError(response.status, problem);
  }

  return {
    send,
    call: async <T>(path: string, options?: CallOptions): Promise<T> => (await (await send(path, options)).json()) as T,
    signIn: async (email: string, password: string, tenant?: string): Promise<void> => {
      const response = await send('/v1/auth/token', { method: 'POST', body: { email, password, ...(tenant ? { tenant } : {}) } });
      token = ((await response.json()) as { accessToken: string }).accessToken;
    },
  };
}
export type ApiClient = ReturnType<typeof createApiClient>;
