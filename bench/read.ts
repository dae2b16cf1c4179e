import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { OwnStack, SignedInAs } from '../test/support/own-stack.ts';
import { type Comparison, rateOf } from './support/compare.ts';
import { askMany, requestText } from './support/http-connection.ts';

const requests = 2_000;
const connections = 16;

/** An authenticated read of one's tenant over HTTP. */
export async function compareReads({ description }: OwnStack, school: SignedInAs): Promise<Comparison & { close(): void }> {
  const { postgres, api } = description;
  const program = ['--import', 'tsx', join(import.meta.dirname, 'support/bare-server.ts'), postgres.url, api.url];
  const server = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const ask = (url: string, path: string) => (): Promise<number> =>
    rateOf(requests, () => askMany(url, requests, connections, () => requestText('GET', path, school.token), 200));
  return {
    name: 'tenant read',
    what: 'GET /v1/tenants/{id} as a school admin, against bare Koa + pg: same token verified, same query, one transaction',
    unit: 'requests/s',
    target: 0.6,
    limitedBy: 'one core of the API: a second transaction that asks whether the session is in force, and Redis for ended tokens and limits',
    ours: ask(api.url, `/v1/tenants/${school.tenantId}`),
    bare: ask(line.toString().trim(), '/'),
    close: () => void server.kill(),
  };
}
