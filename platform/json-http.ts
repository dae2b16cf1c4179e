import { Agent, request as requestHttp, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs: number;
}
export interface JsonAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty when the body was. */
  readonly json: Record<string, unknown>;
}

/** Idle connections are let go before a server does: a request sent into one that is just being closed would fail. */
const keepAlive = { keepAlive: true, timeout: 4_000 };
const [agent, secureAgent] = [new Agent(keepAlive), new SecureAgent(keepAlive)];

/**
 * A request to a service of ours that speaks JSON, over kept connections. Follows one redirection, as a vault on standby answers it.
 * `fetch` costs eight times as much. Throws whatever the connection does, and when the whole of it takes too long.
 */
export async function askJson(request: JsonRequest, redirected = false): Promise<JsonAnswer> {
  const { status, headers, body } = await exchange(request);
  const { location } = headers;
  if (status === 307 && location && !redirected) return await askJson({ ...request, url: new URL(location, request.url).href }, true);
  return { status, headers, json: body ? (JSON.parse(body) as Record<string, unknown>) : {} };
}

function exchange({
  method,
  url,
  headers,
  body,
  timeoutMs,
}: JsonRequest): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const described = sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
  const options: RequestOptions = { method, headers: { ...headers, ...described } };
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      const { statusCode: status = 0, headers } = response;
      text(response).then((body) => resolve({ status, headers, body }), reject);
    };
    const asked = url.startsWith('https:')
      ? requestHttps(url, { ...options, agent: secureAgent }, answered)
      : requestHttp(url, { ...options, agent }, answered);
    const timer = setTimeout(() => asked.destroy(new Error('There was no answer in time.')), timeoutMs);
    asked.on('error', reject).on('close', () => clearTimeout(timer));
    asked.end(sent);
  });
}
