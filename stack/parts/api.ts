import type { Part } from '../part.ts';
import { explicitPort } from '../ports.ts';
import { productProgram } from '../product-program.ts';
import { answersOk } from '../wait.ts';

export interface ApiAddress {
  readonly url: string;
  /** What Prometheus scrapes. */
  readonly metrics: string;
}

/** @param env the product's environment (see product-environment.ts) */
export const api = (env: NodeJS.ProcessEnv): Part<ApiAddress> => ({
  name: 'api',
  title: 'API',
  external: () => undefined,
  resolve: async () => process.execPath,
  async launch({ ports }) {
    const port = await ports.choose('api', { preferred: 3000, ...explicitPort(env, 'API_PORT') });
    const metrics = await ports.choose('api-metrics', explicitPort(env, 'METRICS_PORT'));
    const url = `http://127.0.0.1:${port}`;
    return {
      ...productProgram('api/main', { ...env, API_PORT: String(port), METRICS_PORT: String(metrics) }),
      healthy: () => answersOk(`${url}/readyz`),
      settle: async () => ({ url, metrics: `http://127.0.0.1:${metrics}/metrics` }),
    };
  },
});
