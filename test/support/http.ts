import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpServer } from '../../api/support/http-server.ts';

export interface Request {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
}
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  /** Parsed JSON, or undefined when there is none. */
  readonly body: Json;
}
// A test reads into answers freely: what is not there is undefined, and the assertion fails.
export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json } & { toString(): string };

export interface HttpServer {
  readonly url: string;
  send(path: string, request?: Request): Promise<Answer>;
  close(): Promise<void>;
}

/** Serves a listener over real HTTP, as the product does, on a free port of loopback. */
export async function serveHttp(listener: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<HttpServer> {
  const server = createHttpServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    send: (path, request) => send(url + path, request),
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export const methodOf = ({ method, raw, body }: Request): string => method ?? (raw === undefined && body === undefined ? 'GET' : 'POST');

async function send(url: string, request: Request = {}): Promise<Answer> {
  const { token, headers = {}, body, raw } = request;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method: methodOf(request),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    ...(payload === undefined ? {} : { body: payload }),
  });
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const text = await response.text();
  return { status: response.status, type, headers: response.headers, body: (type.endsWith('json') ? JSON.parse(text) : undefined) as Json };
}
