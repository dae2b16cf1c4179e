import { once } from 'node:events';
import { connect } from 'node:net';

/** One keep-alive connection that asks one thing at a time: cheaper than any client library, so that the servers are what is measured. */
export async function openConnection(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setNoDelay();
  await once(socket, 'connect');
  let waiting: { resolve(status: number): void; reject(error: Error): void } | undefined;
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    const status = Number(text.slice(9, 12));
    text = '';
    waiting?.resolve(status);
  });
  const cut = (error?: Error): void => waiting?.reject(error ?? new Error('The connection was closed.'));
  socket.on('error', cut).on('close', () => cut());
  return {
    /** Sends a whole request and resolves to the status of its answer. */
    ask: (request: string): Promise<number> =>
      new Promise((resolve, reject) => {
        // One that was cut while nobody waited would tell nobody.
        if (socket.destroyed) return reject(new Error('The connection was closed.'));
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: (): void => void socket.destroy(),
  };
}
export type HttpConnection = Awaited<ReturnType<typeof openConnection>>;

/** A request as text. */
export function requestText(
  method: string,
  path: string,
  token: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): string {
  const payload = body === undefined ? '' : JSON.stringify(body);
  const lines = [`${method} ${path} HTTP/1.1`, 'host: api', `authorization: Bearer ${token}`];
  if (body !== undefined) lines.push('content-type: application/json');
  if (body !== undefined || method !== 'GET') lines.push(`content-length: ${Buffer.byteLength(payload)}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${payload}`;
}

/** Asks `count` times over some connections, each waiting for its answer before it asks again. Throws at any other status. */
export async function askMany(url: string, count: number, connections: number, request: () => string, expected: number): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    const connection = await openConnection(url);
    try {
      while (left > 0) {
        left -= 1;
        const status = await connection.ask(request());
        if (status !== expected) throw new Error(`${url} answered ${status}.`);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
}
