import { createServer, type Server } from 'node:http';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { BillingMetrics } from '../../platform/billing-metrics.ts';
import { registerBillingGauges } from './billing-gauges.ts';

export interface HttpMetrics {
  readonly observe: (method: string, route: string, status: number, seconds: number) => void;
  /** A callback of a vendor, and what became of it: its fate or the code of its refusal. */
  readonly heard: (vendor: string, outcome: string) => void;
  readonly contentType: string;
  /** The exposition text. */
  readonly text: () => Promise<string>;
}

/** `GET /metrics` and nothing else, for a port that the world does not see. */
export const serveMetrics = ({ text, contentType }: Pick<HttpMetrics, 'text' | 'contentType'>): Server =>
  createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end();
    text().then(
      (body) => response.writeHead(200, { 'Content-Type': contentType }).end(body),
      () => response.writeHead(500).end(),
    );
  });

/**
 * Request durations by declared route, the process's own figures, and how collecting goes. One registry an API, so that tests can run several.
 * @param billing reads the figures over all schools
 */
export function createMetrics(billing?: () => Promise<BillingMetrics>): HttpMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first middleware to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const webhooks = new Counter({
    name: 'webhooks_total',
    help: 'Callbacks of vendors by what became of them.',
    labelNames: ['vendor', 'outcome'],
    registers: [registry],
  });
  if (billing) registerBillingGauges(registry, billing);
  return {
    heard: (vendor, outcome) => webhooks.inc({ vendor, outcome }),
    observe: (method, route, status, seconds) => durations.observe({ method, route, status: String(status) }, seconds),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
