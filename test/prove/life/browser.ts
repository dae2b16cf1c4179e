import { request } from 'node:http';

export interface Visit {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
}
export interface Page {
  readonly status: number;
  readonly body: unknown;
}
/** A browser of somebody: it comes from an address and says what it is. */
export type Browser = (path: string, visit?: Visit) => Promise<Page>;

/** @param from an address of this host, such as any of 127.0.0.0/8 @param userAgent what it says of itself */
export const openBrowser =
  (baseUrl: string, { from, userAgent }: { readonly from: string; readonly userAgent: string }): Browser =>
  (path, { body, token, method = body === undefined ? 'GET' : 'POST' } = {}) =>
    new Promise((resolve, reject) => {
      const headers = {
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      };
      const sent = request(new URL(path, baseUrl), { method, headers, localAddress: from }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('error', reject);
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          resolve({ status: answer.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) });
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
