import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** The real file store behind a door that can be told to answer for it. */
export interface FailingStore {
  readonly endpoint: string;
  /** Answers 500 to the requests that fit, in the store's stead. */
  fail(which: (method: string, path: string) => boolean): void;
  close(): void;
}

export async function openFailingStore(endpoint: string): Promise<FailingStore> {
  const store = new URL(endpoint);
  let fails: Parameters<FailingStore['fail']>[0] = () => false;
  const refuse = (from: IncomingMessage, to: ServerResponse): void => {
    from
      .resume()
      .once('end', () => to.writeHead(500, { 'content-type': 'application/xml' }).end('<Error><Code>InternalError</Code></Error>'));
  };
  const pass = (from: IncomingMessage, to: ServerResponse): void => {
    const { method, url: path, headers } = from;
    const onwards = request({ host: store.hostname, port: store.port, method, path, headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onwards.on('error', () => to.destroy());
    from.pipe(onwards);
  };
  const server = createServer((from, to) => (fails(from.method ?? '', from.url ?? '') ? refuse : pass)(from, to));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (which) => void (fails = which),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
