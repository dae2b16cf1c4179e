import { askJson, type JsonAnswer } from '../json-http.ts';
import { vendorError, waitSeconds } from '../vendor-error.ts';

export interface OpenCloudConfig {
  readonly apiKey: string;
  /** `http://127.0.0.1:7000` for a sandbox; Roblox itself when absent. */
  readonly apiBase?: string | undefined;
}
export interface OpenCloudRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** After `/cloud/v2`, its names encoded: `pathOf` makes it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
}
/**
 * One request; resolves to the answer's body, or to undefined where what was asked for does not exist. Throws VendorRefusedError (final)
 * or VendorUnavailableError (try again). Neither says what was asked: a path names a player.
 */
export type OpenCloud = (request: OpenCloudRequest) => Promise<Readonly<Record<string, unknown>> | undefined>;

const timeoutMs = 20_000;

/** Roblox Open Cloud, second version. There is no SDK. Retries are Temporal's. */
export function createOpenCloud({ apiKey, apiBase = 'https://apis.roblox.com' }: OpenCloudConfig): OpenCloud {
  return async ({ method, path, query = {}, body }) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
    const url = `${apiBase}/cloud/v2/${path}${search.size > 0 ? `?${search.toString()}` : ''}`;
    const answer = await answerTo({ method, url, headers: { 'x-api-key': apiKey }, timeoutMs, ...(body ? { body } : {}) });
    if (answer.status >= 200 && answer.status < 300) return answer.json;
    const code = codeOf(answer.json);
    // Its gateway, too, answers 404, to an address it does not know: that is no answer about an entry.
    if (answer.status === 404 && code === 'NOT_FOUND') return undefined;
    throw vendorError('Roblox', { status: answer.status, code, retryAfterSeconds: waitOf(answer) });
  };
}

/** `universes`, `1`, `data-stores`, ... as a path: a key may hold any sign. */
export const pathOf = (...parts: readonly string[]): string => parts.map((part) => encodeURIComponent(part)).join('/');

async function answerTo(request: Parameters<typeof askJson>[0]): Promise<JsonAnswer> {
  try {
    return await askJson(request);
  } catch (error) {
    // What is no JSON is not Open Cloud's own answer: somebody on the way is ill.
    throw vendorError('Roblox', { status: undefined, code: error instanceof SyntaxError ? 'unreadable answer' : 'no answer' });
  }
}

/** The code alone: messages may quote the request. */
function codeOf({ code }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof code === 'string' && /^[A-Z][A-Z_]{2,40}$/.test(code) ? code : undefined;
}

/** Roblox sends retry-after with some of its 429, and how long until the window ends with all. */
function waitOf({ status, headers }: JsonAnswer): number | undefined {
  if (status !== 429) return undefined;
  return waitSeconds(Number(headers['retry-after'] ?? headers['x-ratelimit-reset'] ?? Number.NaN)) ?? 10;
}
