import { day, type Instant } from '../instant.ts';
import type { DunningPolicy } from '../policy.ts';
import { type ZoneOffsets, zoneOffsets } from '../zone.ts';
import type { FailedInvoice } from './invoices.ts';
import { customerOf } from './model.ts';
import { createReport, type DunningReport } from './report.ts';
import { simulateInvoice } from './simulate.ts';

export interface Simulation {
  readonly policies: readonly DunningPolicy[];
  readonly invoices: readonly FailedInvoice[];
  readonly seed: number;
}

/** Longest that a run may last with the longest policy there may be: a year and its pauses. */
const longest = 600 * day;

/**
 * Runs every policy over the same invoices and customers: one report a policy, in their order. Yields how many invoices are done, so that
 * whoever asked can show it, let others work, or stop. Throws a RangeError for a time zone that does not exist.
 */
export function* simulateDunning({ policies, invoices, seed }: Simulation): Generator<number, DunningReport[]> {
  const zones = createZones(invoices);
  const reports = policies.map(() => createReport());
  for (const [number, invoice] of invoices.entries()) {
    const customer = customerOf(invoice, number, seed, zones(invoice.timeZone));
    for (const [index, policy] of policies.entries()) reports[index]?.add(invoice, simulateInvoice(policy, customer));
    if ((number + 1) % 1_000 === 0) yield number + 1;
  }
  return reports.map((report) => report.finish());
}

/** Offsets are looked up once a zone, for all the time there is. */
function createZones(invoices: readonly FailedInvoice[]): (name: string) => ZoneOffsets {
  let [from, until]: [Instant, Instant] = [Infinity, -Infinity];
  for (const { failedAt } of invoices) [from, until] = [Math.min(from, failedAt), Math.max(until, failedAt)];
  const known = new Map<string, ZoneOffsets>();
  return (name) => {
    const zone = known.get(name) ?? zoneOffsets(name, from - day, until + longest);
    known.set(name, zone);
    return zone;
  };
}
