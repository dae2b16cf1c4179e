import type { Toxic, Toxiproxy } from './support/toxiproxy.ts';

/** The variables by which worker and API find a server, by the name of the line that leads there. */
const variables = {
  postgres: 'DATABASE_URL',
  keyring: 'KEYRING_DATABASE_URL',
  temporal: 'TEMPORAL_ADDRESS',
  redis: 'REDIS_URL',
  s3: 'S3_ENDPOINT',
  vault: 'VAULT_ADDR',
  stripe: 'STRIPE_API_BASE',
  sendgrid: 'SENDGRID_API_BASE',
  pusher: 'PUSHER_API_BASE',
} as const;
export type LineName = keyof typeof variables;
export const lineNames = Object.keys(variables) as LineName[];

const bothWays = (type: Toxic['type'], attributes: Toxic['attributes'] = {}): Toxic[] =>
  (['upstream', 'downstream'] as const).map((stream) => ({ type, stream, attributes }));

export interface Trouble {
  readonly toxics: readonly Toxic[];
  readonly lastsMs: number;
  readonly words: string;
}
/** What a line is made to suffer, one at a time. */
export const troubles = {
  slow: { toxics: bothWays('latency', { latency: 150, jitter: 100 }), lastsMs: 6_000, words: '300 ms more a round trip' },
  narrow: { toxics: bothWays('bandwidth', { rate: 12 }), lastsMs: 6_000, words: '12 KB a second' },
  // What was sent has arrived; its answer does not.
  cut: { toxics: [{ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } }], lastsMs: 1_500, words: 'reset in mid-answer' },
  // Longer than most of the product's own patience.
  hung: { toxics: bothWays('timeout', { timeout: 0 }), lastsMs: 8_000, words: 'all bytes vanish' },
} as const satisfies Record<string, Trouble>;
export type TroubleName = keyof typeof troubles;
export const troubleNames = Object.keys(troubles) as TroubleName[];

/** The environment with a line of its own to each server in it. */
export async function throughLines(toxiproxy: Toxiproxy, env: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const rewired = { ...env };
  for (const [line, variable] of Object.entries(variables)) {
    const address = String(env[variable]);
    const host = address.includes('://') ? new URL(address).host : address;
    rewired[variable] = address.replace(host, await toxiproxy.open(line, host));
  }
  return rewired;
}
