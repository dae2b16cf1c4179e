import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { VendorName } from '../../../sandboxes/support/start.ts';
import { createChecker } from './check-exchange.ts';
import type { Exchange } from './check-exchange.ts';

/** Stands between a client and a sandbox (or the vendor itself) and compares all that passes with the vendor's document. */
export interface ContractProxy {
  readonly url: string;
  /** What the document does not allow, in words; empty is good. */
  violations(): readonly string[];
  /** The operations that were answered with success: `POST /v1/customers`. */
  succeeded(): ReadonlySet<string>;
  stop(): Promise<void>;
}

/** Rejects where the vendor's document is absent: ask `specsDirectory()` first. `/_sandbox` and sockets pass unread. */
export async function createContractProxy(vendor: VendorName, targetUrl: string): Promise<ContractProxy> {
  const check = createChecker(vendor);
  const violations: string[] = [];
  const succeeded = new Set<string>();
  const target = new URL(targetUrl);

  function judge(exchange: Exchange): void {
    if (exchange.url.startsWith('/_sandbox')) return;
    const checked = check(exchange);
    violations.push(...checked.violations);
    if (checked.operation !== undefined && exchange.status < 300) succeeded.add(checked.operation);
  }

  const server = createServer((message, response) => {
    relay(target, message, response).then(judge, () => message.socket.destroy());
  });
  server.on('upgrade', (message: IncomingMessage, socket: Socket) => tunnel(target, message, socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    violations: () => violations,
    succeeded: () => succeeded,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Passes one request on and its answer back. Rejects when the connection to the target breaks: the client's is to break too. */
async function relay(target: URL, message: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const requestBody = await read(message);
  const { method = 'GET', url = '/', headers } = message;
  const outgoing = forward({ host: target.hostname, port: target.port, method, path: url, headers });
  outgoing.end(requestBody);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  const responseBody = await read(answer);
  response.writeHead(answer.statusCode ?? 502, answer.headers).end(responseBody);
  return {
    method,
    url,
    requestHeaders: flat(headers),
    requestBody: requestBody.toString('utf8'),
    status: answer.statusCode ?? 502,
    responseHeaders: flat(answer.headers),
    responseBody: responseBody.toString('utf8'),
  };
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

function tunnel(target: URL, { method, url, rawHeaders }: IncomingMessage, socket: Socket): void {
  const upstream = connect(Number(target.port), target.hostname);
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  upstream.write(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  upstream.pipe(socket).pipe(upstream);
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy());
}
