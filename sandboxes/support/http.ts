import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export interface SandboxRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  /** As it came: what signatures are made over. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  /** The query as it came, without its question mark. */
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; absent: an empty body, or `text`. */
  readonly body?: unknown;
  readonly text?: string;
}

export type Handler = (request: SandboxRequest, params: Readonly<Record<string, string>>) => Reply | Promise<Reply>;

/** `method` and `path` as the vendor's OpenAPI document writes them: `POST`, `/v1/customers/{customer}`. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handle: Handler;
}

/** The routes' names, `POST /v1/customers`. */
export const operationsOf = (routes: readonly { readonly method: string; readonly path: string }[]): string[] =>
  routes.map(({ method, path }) => `${method} ${path}`);

/** @param operation `POST /v1/customers/{customer}` */
export function route(operation: string, handle: Handler): Route {
  const [method = '', path = ''] = operation.split(' ');
  return { method, path, handle };
}

const maxBodyBytes = 35 * 1024 * 1024;

/** Reads the whole request. Rejects above 35 MB, more than any vendor here takes. */
export async function readRequest(message: IncomingMessage): Promise<SandboxRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes) throw new Error('The request body is larger than 35 MB.');
    chunks.push(chunk as Buffer);
  }
  const url = new URL(message.url ?? '/', 'http://localhost');
  return {
    method: message.method ?? 'GET',
    path: decodePath(url.pathname),
    rawPath: url.pathname,
    query: url.searchParams,
    rawQuery: url.search.slice(1),
    headers: message.headers,
    rawBody: Buffer.concat(chunks),
  };
}

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return pathname;
    throw error;
  }
}

export function sendReply(response: ServerResponse, { status, headers, body, text = '' }: Reply): void {
  const content = body === undefined ? text : JSON.stringify(body);
  const type = content === '' ? {} : { 'content-type': body === undefined ? 'text/plain' : 'application/json' };
  response.writeHead(status, { ...type, ...headers, 'content-length': Buffer.byteLength(content) }).end(content);
}

/** The JSON of a request. Throws SyntaxError when it is none. */
export const jsonBody = (request: SandboxRequest): unknown => JSON.parse(request.rawBody.toString('utf8'));

export const header = (request: SandboxRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};
