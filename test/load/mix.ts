import { refusedSchool } from '../../bench/starts.ts';
import { requestText } from '../../bench/support/http-connection.ts';
import { createApiClient } from '../../cli/support/api-client.ts';
import type { SignedInAs } from '../support/own-stack.ts';
import type { Planned } from './open-loop.ts';

interface Page {
  readonly items: readonly { readonly id: string }[];
}

/** Renames one school after the other, each with the version it has by now: two at once for one school, and the second is refused (412). */
async function writerOf(url: string, schools: readonly SignedInAs[]): Promise<() => Planned> {
  const versionOf = async ({ tenantId, token }: SignedInAs): Promise<number> => {
    const answer = await fetch(`${url}/v1/tenants/${tenantId}`, { headers: { authorization: `Bearer ${token}` } });
    return Number(answer.headers.get('etag')?.replaceAll('"', ''));
  };
  const written = await Promise.all(schools.map(async (school) => ({ ...school, version: await versionOf(school) })));
  let turn = 0;
  return () => {
    const school = written[(turn += 1) % written.length];
    if (!school) throw new Error('A mix needs a school.');
    const headers = { 'if-match': `"${school.version}"` };
    const text = requestText('PATCH', `/v1/tenants/${school.tenantId}`, school.token, { name: `School ${turn}` }, headers);
    const done = (status: number): void => void (school.version += status === 200 ? 1 : 0);
    return { kind: 'write', text, expected: [200, 412], done };
  };
}

/** Which request comes at which moment: the same mix in every hundred. */
export async function createMix(url: string, staff: string, schools: readonly SignedInAs[]): Promise<(at: number) => Planned> {
  const answer = await createApiClient(url).call<Page>('/v1/runs', { headers: { authorization: `Bearer ${staff}` } });
  const run = answer.items[0]?.id ?? '';
  const [school] = schools;
  if (!school) throw new Error('A mix needs a school.');
  const get = (kind: string, path: string, token: string): Planned => ({ kind, text: requestText('GET', path, token), expected: [200] });
  const reads = [
    get('read run', `/v1/runs/${run}`, staff),
    get('read tenant', `/v1/tenants/${school.tenantId}`, school.token),
    get('read me', '/v1/me', school.token),
    get('read settings', `/v1/tenants/${school.tenantId}/settings`, school.token),
  ];
  const lists = [
    get('list runs', '/v1/runs?limit=20', staff),
    get('list people', '/v1/people?limit=20', school.token),
    get('list classes', '/v1/classes?limit=20', school.token),
    get('list tenants', '/v1/tenants?limit=20', staff),
  ];
  const write = await writerOf(url, schools);
  return (at) => {
    const place = (at * 37) % 100; // spread over the hundred, so that no kind comes in a bunch
    if (place < 70) return reads[place % reads.length] ?? write();
    if (place < 90) return lists[place % lists.length] ?? write();
    if (place < 99) return write();
    return { kind: 'start', text: requestText('POST', '/v1/processes/onboard-school/runs', staff, refusedSchool()), expected: [202] };
  };
}
