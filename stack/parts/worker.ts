import type { Part } from '../part.ts';
import { productProgram, requireReadyLine } from '../product-program.ts';

/** @param env the product's environment (see product-environment.ts) */
export const worker = (env: NodeJS.ProcessEnv): Part<void> => ({
  name: 'worker',
  title: 'Worker',
  external: () => undefined,
  resolve: async () => process.execPath,
  async launch({ ports }) {
    const metrics = await ports.choose('worker-metrics');
    return {
      ...productProgram('workers/main', { ...env, METRICS_PORT: String(metrics) }),
      healthy: async (log) => requireReadyLine(log()),
      settle: async () => undefined,
    };
  },
});
