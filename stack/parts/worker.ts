import type { Part } from '../part.ts';
import { productProgram, requireReadyLine } from '../product-program.ts';

// Left to itself V8 fills what the machine has before it collects, and glibc keeps an arena a thread: importing 50,000 people took
// 580 MB. Held to this it takes about 300 MB at the same pace. Production sets its own by NODE_OPTIONS, and the worker warns when there
// is no limit (workers/heap.ts, which says why it is this one).
export const thrifty = { node: ['--max-semi-space-size=4', '--max-old-space-size=512'], env: { MALLOC_ARENA_MAX: '2' } };

export interface WorkerAddress {
  /** What Prometheus scrapes. */
  readonly metrics: string;
}

/** @param env the product's environment (see product-environment.ts) */
export const worker = (env: NodeJS.ProcessEnv): Part<WorkerAddress> => ({
  name: 'worker',
  title: 'Worker',
  external: () => undefined,
  resolve: async () => process.execPath,
  async launch({ ports }) {
    const metrics = await ports.choose('worker-metrics');
    const program = productProgram('workers/main', { ...thrifty.env, ...env, METRICS_PORT: String(metrics) });
    return {
      ...program,
      args: [...(env['NODE_OPTIONS'] ? [] : thrifty.node), ...program.args],
      healthy: async (log) => requireReadyLine(log()),
      settle: async () => ({ metrics: `http://127.0.0.1:${metrics}/metrics` }),
    };
  },
});
