import { Connection } from '@temporalio/client';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from '../environment.ts';
import type { Context, Launch, Part } from '../part.ts';
import { explicitPort } from '../ports.ts';
import { resolveProgram } from '../resolve-program.ts';

export interface TemporalAddress {
  readonly address: string;
  readonly ui?: string;
}

/** All keywords, so that runs are found by them. */
const searchAttributes: readonly string[] = ['TenantId', 'StartedBy', 'PlatformRunId'];

const flags: readonly string[] = [
  // Three times as fast as SQLite's own defaults, as fast as in memory.
  ...['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]),
  ...[
    // The default of 20 polls a second holds every step of a workflow for 50 ms.
    'history.transferProcessorMaxPollRPS=1000',
    'history.timerProcessorMaxPollRPS=1000',
    'matching.enableFairness=true',
    // One partition a queue: rates and fairness hold over the whole of it instead of over each of four. One does thousands a second.
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    'frontend.WorkflowTimeSkippingEnabled=true',
  ].flatMap((value) => ['--dynamic-config-value', value]),
  ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
];
// Makes skipped timers fire at once instead of within a second.
const testFlags: readonly string[] = ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="10ms"'];

async function launch({ home, ports, env, test }: Context, program: string): Promise<Launch<TemporalAddress>> {
  const ui = await ports.choose('temporal-ui', test ? {} : { preferred: 8233, ...explicitPort(env, 'TEMPORAL_UI_PORT') });
  const [port, http, metrics] = await Promise.all(['temporal', 'temporal-http', 'temporal-metrics'].map((name) => ports.choose(name)));
  const data = home.data('temporal');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const listen = ['--ip', '127.0.0.1', '--port', port, '--ui-port', ui, '--http-port', http, '--metrics-port', metrics].map(String);
  const args = [
    'server',
    'start-dev',
    ...listen,
    '--db-filename',
    join(data, 'temporal.db'),
    '--log-level',
    'warn',
    '--ui-disable-news-fetch',
  ];
  const address = `127.0.0.1:${port}`;
  return {
    program,
    args: [...args, ...flags, ...(test ? testFlags : [])],
    env: bareEnvironment(env),
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
    healthy: () => ask(address, listAttributes).then(() => undefined),
    async settle() {
      await ask(address, addMissingAttributes, patientMs);
      return { address, ui: `http://127.0.0.1:${ui}` };
    },
  };
}

/** Of a server that has answered already: on a busy machine its next answer may take a while. */
const patientMs = 10_000;

async function ask<T>(address: string, question: (connection: Connection) => Promise<T>, connectTimeout = 300): Promise<T> {
  // Short by default: a refused connection is tried again after a second only, a new one at once.
  const connection = await Connection.connect({ address, connectTimeout });
  try {
    return await connection.withDeadline(Date.now() + 5_000, () => question(connection));
  } finally {
    await connection.close();
  }
}

const namespace = 'default';
/** IndexedValueType of Temporal's API; the SDK exports the enum from no public package. */
const temporalKeyword = 2;

async function listAttributes({ workflowService, operatorService }: Connection): Promise<readonly string[]> {
  await workflowService.describeNamespace({ namespace });
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  return Object.keys(customAttributes ?? {});
}

/** The server's own flag works on a new database only: one that an older version made gets what was added since. */
async function addMissingAttributes(connection: Connection): Promise<void> {
  const known = await listAttributes(connection);
  const missing = searchAttributes.filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, temporalKeyword])),
  });
}

/** Temporal's development server with its UI: one process, its state in one SQLite file. */
export const temporal: Part<TemporalAddress> = {
  name: 'temporal',
  title: 'Temporal',
  external(env) {
    const address = env['TEMPORAL_ADDRESS'];
    const ui = env['TEMPORAL_UI_URL'];
    return address ? { address, ...(ui ? { ui } : {}) } : undefined;
  },
  resolve: (context) => resolveProgram('temporal', 'temporal', context),
  launch,
};
