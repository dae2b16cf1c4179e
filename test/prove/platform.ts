import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import type { StackFile } from '../../cli/support/stack-file.ts';
import { createPayloadCodec } from '../../platform/codec/payload-codec.ts';
import { openKeyring } from '../../platform/database.ts';
import { createKeyring, type Keyring } from '../../platform/keyring.ts';
import { openTemporal, readTemporalSettings, type Temporal } from '../../platform/temporal.ts';
import { createVault } from '../../platform/vault.ts';
import type { StackDescription } from '../../stack/description.ts';
import { bareEnvironment } from '../../stack/environment.ts';
import { openHome, type Home } from '../../stack/home.ts';
import { startStack } from '../../stack/stack.ts';
import { openedHistory } from '../support/opened-history.ts';

export interface Platform {
  readonly home: Home;
  readonly up: StackDescription & StackFile;
  /** All keys there are: what it cannot open nobody can. */
  readonly keyring: Keyring;
  readonly temporal: Temporal;
  opened(workflowId: string, runId: string): Promise<unknown>;
  /** How many sealed payloads `opened` has opened so far. */
  openedPayloads(): number;
  /** Stops every server, so that all it holds is in its files. */
  stop(): Promise<void>;
}

/** A platform of one's own, as `npm start` makes it. What it left on the disk goes when `use` has resolved. Throws StackError. */
export async function withPlatform<T>(
  env: Readonly<Record<string, string>>,
  use: (platform: Platform) => Promise<T>,
  tell: (line: string) => void,
): Promise<T> {
  const home = openHome(mkdtempSync(join(tmpdir(), 'toolbox-prove-')));
  chmodSync(home.dir, 0o711); // PostgreSQL runs as a user of its own where we are root
  const temporary = join(home.dir, 'tmp');
  mkdirSync(temporary, { mode: 0o700 });
  // What programs put aside, or into a home of theirs, is searched, too.
  const all = { ...bareEnvironment(process.env), TMPDIR: temporary, HOME: temporary, ...env };
  const stack = startStack({ home, env: all, serversOnly: false, say: () => undefined, tell });
  let stopping: Promise<void> | undefined;
  const stopStack = (): Promise<void> => (stopping ??= stack.stop());
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const leave = async (): Promise<void> => {
    for (const signal of signals) process.off(signal, interrupted);
    await stopStack();
    rmSync(home.dir, { recursive: true, force: true });
  };
  const interrupted = (): void => void leave().finally(() => process.exit(130));
  for (const signal of signals) process.once(signal, interrupted);
  try {
    const up = (await stack.up) as Platform['up'];
    const database = openKeyring(up.keyring.url);
    const vault = createVault({ address: up.vault.url, token: up.vault.token });
    const keyring = createKeyring({ knex: database, vault });
    const codec = createPayloadCodec(keyring.payloadKeys);
    let payloads = 0;
    const counting = async (sealed: Payload[]): Promise<Payload[]> => {
      payloads += sealed.length;
      return codec.decode(sealed);
    };
    const temporal = openTemporal(readTemporalSettings({ TEMPORAL_ADDRESS: up.temporal.address }), { codec });
    const opened = (workflowId: string, runId: string): Promise<unknown> =>
      openedHistory(temporal.client.workflow.getHandle(workflowId, runId), { ...codec, decode: counting });
    const stop = async (): Promise<void> => {
      await Promise.all([temporal.close(), database.destroy()]);
      await stopStack();
    };
    return await use({ home, up, keyring, temporal, opened, openedPayloads: () => payloads, stop });
  } finally {
    await leave();
  }
}
