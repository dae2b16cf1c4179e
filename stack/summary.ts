import Table from 'cli-table3';
import type { StackDescription } from './description.ts';

/** What a person wants to know of the stack that has come up: where what runs, how to log in, what to type next. */
export function summarise(stack: StackDescription, homeDir: string): string {
  const { api, worker, postgres, keyring, temporal, s3, redis, vault, sandboxes, demo } = stack;
  const rows: [string, string | undefined][] = [
    ['API', api && `${api.url}  (${api.url}/openapi.json)`],
    ['Metrics', worker && api && `${worker.metrics}  ${api.metrics}`],
    ['Temporal UI', temporal.ui],
    ['Temporal', temporal.address],
    ['PostgreSQL (main)', withoutLogin(postgres.url)],
    ['PostgreSQL (keyring)', withoutLogin(keyring.url)],
    ['S3', s3.endpoint],
    ['Redis', withoutLogin(redis.url)],
    ['OpenBao', vault.url],
    ...Object.entries(sandboxes).map(([name, { url, pid }]): [string, string] => [`${name} ${pid ? 'sandbox' : '(elsewhere)'}`, url]),
    ['Demo login', demo && `${demo.email}  ${demo.password}`],
  ];
  const table = new Table({ style: { head: [], border: [] } });
  table.push(...rows.filter((row): row is [string, string] => row[1] !== undefined));
  const next = api ? 'Next, in a second terminal:  npm run demo' : 'Servers only: neither worker nor API was started.';
  return `${table.toString()}\nLogs are in ${homeDir}/logs, passwords and keys in ${homeDir}/stack.json. Ctrl-C stops it all.\n\n${next}`;
}

function withoutLogin(url: string): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}
