import { Gauge, type Registry } from 'prom-client';
import { type BillingMetrics, recoveryRateOf } from '../../platform/billing-metrics.ts';

const freshMs = 60_000;

/**
 * How collecting goes over all schools, as gauges of the last 90 days; read at most once a minute, when somebody scrapes. What could not
 * be read is not shown, and `billing_figures_up` is 0.
 */
export function registerBillingGauges(registry: Registry, read: () => Promise<BillingMetrics>): void {
  let readAt = -Infinity;
  let refreshed: Promise<void> = Promise.resolve();
  /** What is scraped together is read together. */
  const refresh = (): Promise<void> => {
    if (performance.now() - readAt >= freshMs) {
      readAt = performance.now();
      refreshed = Promise.allSettled([read()]).then(([asked]) => show(asked.status === 'fulfilled' ? asked.value : undefined));
    }
    return refreshed;
  };
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers: [registry], collect: refresh });
  const up = gauge('billing_figures_up', 'Whether the figures of billing could be read.');
  const recovery = gauge('billing_recovery_ratio', 'Of the invoices whose charge failed, the share that is paid by now.');
  const atRisk = gauge('billing_at_risk_minor_units', 'What is open after a failed charge, in minor units of the currency.', ['currency']);
  const attempts = gauge('billing_payment_attempts', 'Attempts to pay an invoice, by outcome.', ['outcome']);
  const seconds = gauge('billing_recovery_seconds', 'From the first failed charge to the payment, of those recovered.', ['quantile']);

  const show = (metrics: BillingMetrics | undefined): void => {
    for (const each of [atRisk, attempts, seconds]) each.reset();
    up.set(metrics ? 1 : 0);
    recovery.set((metrics && recoveryRateOf(metrics)) ?? NaN);
    if (!metrics) return;
    for (const { currency, atRiskMinor } of metrics.currencies) atRisk.set({ currency }, atRiskMinor);
    for (const [outcome, count] of Object.entries(metrics.attempts)) attempts.set({ outcome }, count);
    const { median, p90 } = metrics.secondsToRecover;
    if (median !== null) seconds.set({ quantile: '0.5' }, median);
    if (p90 !== null) seconds.set({ quantile: '0.9' }, p90);
  };
}
