import { fileURLToPath } from 'node:url';
import { WorkflowCoverage } from '@temporalio/nyc-test-coverage';
import type { InjectedSinks } from '@temporalio/worker';
import type { FileCoverageData } from 'istanbul-lib-coverage';
import type { CoverageSinks, Hits } from './workflow-hits.ts';

type Files = Record<string, FileCoverageData>;
const scope = globalThis as typeof globalThis & { __coverage__?: Files };
/** Set by hooks.ts when this run is measured. */
export const isMeasured = '__coverage__' in globalThis;

const cleared = (file: FileCoverageData): FileCoverageData => ({
  ...file,
  s: Object.fromEntries(Object.keys(file.s).map((id) => [id, 0])),
  f: Object.fromEntries(Object.keys(file.f).map((id) => [id, 0])),
  b: Object.fromEntries(Object.entries(file.b).map(([id, branches]) => [id, branches.map(() => 0)])),
});

function describe(files: Files): void {
  const all = (scope.__coverage__ ??= {});
  for (const [path, file] of Object.entries(files)) all[path] ??= cleared(file);
}

function count(hits: Hits): void {
  for (const [path, { s, f, b }] of Object.entries(hits)) {
    const file = scope.__coverage__?.[path];
    if (!file) throw new Error(`What there is to count in ${path} was not described.`);
    for (const [id, times] of Object.entries(s)) file.s[id] = (file.s[id] ?? 0) + times;
    for (const [id, times] of Object.entries(f)) file.f[id] = (file.f[id] ?? 0) + times;
    for (const [id, times] of Object.entries(b)) file.b[id] = times.map((each, at) => each + (file.b[id]?.[at] ?? 0));
  }
}

/** What takes the counters of workflows in, as they come. */
export const coverageSinks: InjectedSinks<CoverageSinks> = {
  coverage: { describe: { fn: (_, files) => describe(files) }, count: { fn: (_, hits) => count(hits) } },
};

/** Instruments a bundle of workflows, with our way of handing counters out. */
class InstrumentedBundle extends WorkflowCoverage {
  override get interceptorModule(): string {
    return fileURLToPath(new URL('./workflow-hits.ts', import.meta.url));
  }
}
export const instrumented = new InstrumentedBundle();
