import Table from 'cli-table3';

/** Of all passes together: which operations were asked, and what they answered. */
export interface Tally {
  add(answers: Readonly<Record<string, number>>): void;
  /** Operations of the document that nobody asked anything. */
  readonly unasked: readonly string[];
  /** Operations that never did what they are for. */
  readonly neverDone: readonly string[];
  readonly requests: number;
  /** Answers that no document excuses. */
  readonly serverErrors: number;
  /** A line an operation, and the sums. */
  table(): string;
}

/** @param operations of the document, as schemathesis names them: `GET /v1/me` */
export function createTally(operations: readonly string[]): Tally {
  const counts = new Map<string, Map<string, number>>(operations.map((operation) => [operation, new Map()]));
  const total = new Map<string, number>();
  const countOf = (test: (status: string) => boolean): number =>
    [...total].reduce((sum, [status, count]) => sum + (test(status) ? count : 0), 0);
  const show = (answered: ReadonlyMap<string, number>): string =>
    [...answered]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([status, count]) => `${status}: ${count}`)
      .join('  ');
  return {
    add(answers) {
      for (const [answer, count] of Object.entries(answers)) {
        const at = answer.lastIndexOf(' ');
        const [operation, status] = [answer.slice(0, at), answer.slice(at + 1)];
        const known = counts.get(operation) ?? new Map<string, number>();
        for (const map of [counts.set(operation, known).get(operation) ?? known, total]) map.set(status, (map.get(status) ?? 0) + count);
      }
    },
    get unasked() {
      return operations.filter((operation) => counts.get(operation)?.size === 0);
    },
    get neverDone() {
      return operations.filter((operation) => ![...(counts.get(operation) ?? [])].some(([status]) => status.startsWith('2')));
    },
    get requests() {
      return countOf(() => true);
    },
    get serverErrors() {
      return countOf((status) => status.startsWith('5'));
    },
    table() {
      const table = new Table({ head: ['operation', 'answers'], style: { head: [], border: [], compact: true } });
      for (const [operation, answered] of counts) table.push([operation, show(answered)]);
      table.push(['all', show(total)]);
      return table.toString();
    },
  };
}
