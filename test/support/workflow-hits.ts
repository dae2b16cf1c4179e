import type { FileCoverageData } from 'istanbul-lib-coverage';
import { proxySinks, type Sinks, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** What was run in one activation: counters that are not zero, by file. */
export type Hits = Readonly<Record<string, Pick<FileCoverageData, 's' | 'f' | 'b'>>>;
export interface CoverageSinks extends Sinks {
  readonly coverage: {
    /** Once a run: what there is to count, with all counters. */
    describe(files: Readonly<Record<string, FileCoverageData>>): void;
    count(hits: Hits): void;
  };
}
interface Instrumented {
  readonly __coverage__?: Record<string, FileCoverageData>;
}

const { coverage } = proxySinks<CoverageSinks>();
let isDescribed = false;

/** Takes the counters that have moved, and sets them to zero. */
function take<Counter extends number | number[]>(counters: Record<string, Counter>, zero: (counter: Counter) => Counter): typeof counters {
  const moved: Record<string, Counter> = {};
  for (const [id, counter] of Object.entries(counters)) {
    if (Array.isArray(counter) ? counter.every((count) => count === 0) : counter === 0) continue;
    moved[id] = counter;
    counters[id] = zero(counter);
  }
  return moved;
}

function takeHits(files: Readonly<Record<string, FileCoverageData>>): Hits {
  const hits: Record<string, Hits[string]> = {};
  for (const [path, { s, f, b }] of Object.entries(files)) {
    const moved = { s: take(s, () => 0), f: take(f, () => 0), b: take(b, (branches) => branches.map(() => 0)) };
    if (Object.values(moved).some((counters) => Object.keys(counters).length > 0)) hits[path] = moved;
  }
  return hits;
}

/**
 * Hands what an instrumented bundle counted out of Temporal's sandbox. The interceptor of @temporalio/nyc-test-coverage copies every counter,
 * name and place of every file at each activation, which takes longer than the runs themselves.
 */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  internals: [
    {
      concludeActivation(input, next) {
        const { __coverage__: files } = globalThis as Instrumented;
        if (files) {
          // Copied: they are read when the activation is over.
          if (!isDescribed) coverage.describe(JSON.parse(JSON.stringify(files)) as typeof files);
          isDescribed = true;
          coverage.count(takeHits(files));
        }
        return next(input);
      },
    },
  ],
});
