import { z } from 'zod';
import { reply, route, type Route } from '../support/route.ts';

export interface Check {
  /** Rejects when the part cannot be used. */
  readonly probe: () => Promise<unknown>;
  /** Whether the API is of no use without it. */
  readonly needed: boolean;
}
export interface HealthDeps {
  readonly checks: Readonly<Record<string, Check>>;
  readonly timeoutMs?: number;
  /** True once the process is shutting down: it finishes what it has and wants no more. */
  readonly draining?: () => boolean;
}

const Health = z.object({ status: z.literal('ok') });
const Part = z.object({ name: z.string(), status: z.enum(['ok', 'down']), needed: z.boolean(), latencyMs: z.number() });
const Readiness = z.object({ status: z.enum(['ready', 'degraded', 'down', 'draining']), parts: z.array(Part) });

async function ask(name: string, { probe, needed }: Check, timeoutMs: number): Promise<z.infer<typeof Part>> {
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('No answer in time.')), timeoutMs);
  });
  const status = await Promise.race([Promise.resolve().then(probe), late]).then(
    () => 'ok' as const,
    () => 'down' as const,
  );
  clearTimeout(timer);
  return { name, status, needed, latencyMs: Math.round((performance.now() - start) * 10) / 10 };
}

/** Liveness asks nothing of others; readiness asks every part the API stands on, all at once, each within `timeoutMs`. */
export const healthRoutes = ({ checks, timeoutMs = 2_000, draining = () => false }: HealthDeps): Route[] => [
  route({
    method: 'get',
    path: '/healthz',
    access: 'public',
    unlimited: true,
    summary: 'Whether the process runs',
    responses: { 200: Health },
    handler: async () => reply(200, { status: 'ok' }),
  }),
  route({
    method: 'get',
    path: '/readyz',
    access: 'public',
    unlimited: true,
    summary: 'Whether the parts the API stands on answer, and how fast',
    responses: { 200: Readiness, 503: Readiness },
    handler: async () => {
      const parts = await Promise.all(Object.entries(checks).map(([name, check]) => ask(name, check, timeoutMs)));
      if (draining()) return reply(503, { status: 'draining', parts });
      if (parts.some(({ status, needed }) => needed && status === 'down')) return reply(503, { status: 'down', parts });
      return reply(200, { status: parts.some(({ status }) => status === 'down') ? 'degraded' : 'ready', parts });
    },
  }),
];
