import { redacted } from '../../../domain/privacy/export.ts';

/** What is kept of the records while they pass: numbers, and the first of each kind for the page that people read. */
export interface KindTally {
  records: number;
  redactions: number;
  readonly first: object[];
}
const shownOnPage = 50;

/** How many values of others were left out of a record. */
const redactionsOf = (record: object): number => Object.values(record).filter((value) => value === redacted).length;

export function createTally() {
  const kinds = new Map<string, KindTally>();
  return {
    /** Starts a kind anew: the second format reads the same records again. */
    begin: (name: string): KindTally => {
      const tally: KindTally = { records: 0, redactions: 0, first: [] };
      kinds.set(name, tally);
      return tally;
    },
    of: (name: string): KindTally => kinds.get(name) ?? { records: 0, redactions: 0, first: [] },
    sum: (what: 'records' | 'redactions'): number => [...kinds.values()].reduce((sum, tally) => sum + tally[what], 0),
  };
}
export type Tally = ReturnType<typeof createTally>;

export function count(tally: KindTally, record: object): void {
  tally.records += 1;
  tally.redactions += redactionsOf(record);
  if (tally.first.length < shownOnPage) tally.first.push(record);
}
