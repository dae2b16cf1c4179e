import { readFileSync } from 'node:fs';

/** The real servers a test run talks to. `adminUrl` and `token` are all-powerful: tests make their own databases, roles and policies. */
export interface TestServers {
  readonly postgres: { readonly adminUrl: string };
  readonly keyring: { readonly adminUrl: string };
  readonly redis: { readonly url: string };
  readonly s3: { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };
  readonly vault: { readonly url: string; readonly token: string };
  readonly temporal: { readonly address: string; readonly ui?: string };
}

/** Described by the JSON file TOOLBOX_TEST_SERVERS names: `npm test` starts them and sets it (test/support/run.ts). */
export function servers(): TestServers {
  const file = process.env['TOOLBOX_TEST_SERVERS'];
  if (!file) throw new Error('TOOLBOX_TEST_SERVERS is not set: run the tests through `npm test`.');
  return JSON.parse(readFileSync(file, 'utf8')) as TestServers;
}
