import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Knex } from 'knex';
import { UnusableFileError } from '../domain/billing-errors.ts';
import type { DunningPolicy } from '../domain/dunning/policy.ts';
import { caveatOf } from '../domain/dunning/simulation/caveat.ts';
import type { DunningReport } from '../domain/dunning/simulation/report.ts';
import { type Simulation, simulateDunning } from '../domain/dunning/simulation/run.ts';
import { sampleInvoice } from '../domain/dunning/simulation/sample.ts';
import { inTenant } from '../platform/database.ts';
import { type FailedInvoices, readFailedInvoices } from '../platform/dunning/failed-payments.ts';
import { ownHistory } from '../platform/dunning/own-history.ts';
import { presentPolicy } from '../platform/dunning/present-policy.ts';
import { createUploads, type UploadDeps } from '../platform/roster/uploads.ts';
import { givingWay } from './support/give-way.ts';
import { beat } from './support/heartbeat.ts';
import { keepAlive } from './support/keep-alive.ts';

export interface DunningSimulationDeps extends Omit<UploadDeps, 'main'> {
  /** The main cluster. */
  readonly knex: Knex;
}
export type SimulationSource = { readonly uploadId: string } | 'own-history' | { readonly sample: number; readonly seed: number };
export interface SimulationInput {
  readonly tenantId: string;
  readonly policy: DunningPolicy;
  readonly source: SimulationSource;
}
export type NamedReport = DunningReport & { readonly name: string; readonly version: number };
/** What a policy would have achieved, beside the present one of the school. */
export interface SimulationResult {
  readonly invoices: number;
  /** Of how many it is known what really became of them: the others behave by a model. */
  readonly known: number;
  readonly caveat: string;
  /** Rows of the file that could not be used; the first of them by line. */
  readonly badLines: { readonly count: number; readonly first: FailedInvoices['badLines'] };
  readonly proposed: NamedReport;
  readonly present: NamedReport;
}
const mostInvoices = 100_000;
/** A run's result is kept with the run and shown as a whole: the rare ones are left out. */
const most = { badLines: 20, codes: 30, currencies: 20 } as const;
const file = 'failed-payments.csv';
const unseeded = 1;

export function createDunningSimulationActivities({ knex, keyring, storage }: DunningSimulationDeps) {
  const uploads = createUploads({ main: knex, keyring, storage });
  const readers = {
    async file(tenantId: string, uploadId: string): Promise<FailedInvoices> {
      const reader = await uploads.open(tenantId, uploadId);
      return readFailedInvoices(() => reader.stream(0, reader.size), file);
    },
    history: async (tenantId: string): Promise<FailedInvoices> => ({
      invoices: await ownHistory(knex, tenantId, mostInvoices),
      badLines: [],
    }),
    sample: (count: number, seed: number): FailedInvoices => ({
      invoices: Array.from({ length: count }, (_, number) => sampleInvoice(number, seed)),
      badLines: [],
    }),
  };
  async function read(tenantId: string, source: SimulationSource): Promise<FailedInvoices> {
    if (source === 'own-history') return readers.history(tenantId);
    if ('uploadId' in source) return readers.file(tenantId, source.uploadId);
    return readers.sample(source.sample, source.seed);
  }

  return {
    /** Safe to retry: it only reads, and the same seed has the same outcome. Works in slices, between which others have their turn. */
    async simulateDunning({ tenantId, policy, source }: SimulationInput): Promise<SimulationResult> {
      const present = await inTenant(knex, tenantId, (trx) => presentPolicy(trx, tenantId));
      const { invoices, badLines } = await keepAlive({ position: null }, () => read(tenantId, source));
      if (invoices.length === 0) throw new UnusableFileError('There is no failed payment that can be simulated.');
      if (invoices.length > mostInvoices) throw new UnusableFileError(`At most ${mostInvoices} failed payments are simulated at a time.`);
      const seed = typeof source === 'object' && 'seed' in source ? source.seed : unseeded;
      const [proposed, standing] = await inSlices({ policies: [policy, present], invoices, seed });
      const known = invoices.filter(({ truth }) => truth).length;
      return {
        invoices: invoices.length,
        known,
        caveat: caveatOf(invoices.length, known),
        badLines: { count: badLines.length, first: badLines.slice(0, most.badLines) },
        proposed: named(policy, proposed),
        present: named(present, standing),
      };
    },
  };
}
export type DunningSimulationActivities = ReturnType<typeof createDunningSimulationActivities>;

async function inSlices(simulation: Simulation): Promise<DunningReport[]> {
  const giveWay = givingWay();
  const running = simulateDunning(simulation);
  for (;;) {
    const step = running.next();
    if (step.done) return step.value;
    beat({ position: step.value, detail: `${step.value} of ${simulation.invoices.length} payments` });
    await nextTurn();
    await giveWay();
  }
}

function named({ name, version }: DunningPolicy, report: DunningReport | undefined): NamedReport {
  if (!report) throw new Error('A simulation has a report for each of its policies.');
  const { money, byDeclineCode, ...rest } = report;
  return { name, version, ...rest, money: firstOf(money, most.currencies), byDeclineCode: firstOf(byDeclineCode, most.codes) };
}

/** The reports list the most frequent first. */
const firstOf = <T>(values: Readonly<Record<string, T>>, count: number): Record<string, T> =>
  Object.fromEntries(Object.entries(values).slice(0, count));
