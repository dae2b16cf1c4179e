import { once } from 'node:events';
import { connect } from 'node:net';

/** What a server says to these very bytes: things no client library sends. `''` when it closes without a word. */
export async function sendRaw(url: string, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.on('error', () => undefined); // a reset is an answer too: the test looks at what came before
  const closed = once(socket, 'close');
  for (const part of parts) socket.write(part);
  await closed;
  return answer;
}

/** The status of the first answer; 0 when there is none. */
export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

/** A request as text, asking to close afterwards. */
export const rawRequest = (line: string, headers: readonly string[] = [], body = ''): string =>
  [`${line} HTTP/1.1`, 'Host: api.test', 'Connection: close', ...headers, '', body].join('\r\n');

/** The statuses of all answers on one connection, in order. */
export const statusesOf = (answers: string): number[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) [A-Z]/g)].map(([, status]) => Number(status));
