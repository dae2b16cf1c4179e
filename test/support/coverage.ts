import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import libCoverage, { type CoverageMap, type CoverageMapData } from 'istanbul-lib-coverage';
import libReport from 'istanbul-lib-report';
import libSourceMaps from 'istanbul-lib-source-maps';
import reports from 'istanbul-reports';
import { type FileLines, type GroupLines, measureGroups } from './coverage-groups.ts';

const product = ['activities', 'api', 'cli', 'domain', 'migrations', 'platform', 'policies', 'processes', 'sandboxes', 'stack', 'workers'];
const json = (file: string): CoverageMapData => JSON.parse(readFileSync(file, 'utf8')) as CoverageMapData;

/** What V8 saw of every process of the run, in Istanbul's terms: c8 knows how to read its dumps and their source maps. */
function ofProcesses(v8: string, out: string): CoverageMapData {
  const include = product.flatMap((folder) => ['--include', `${folder}/**/*.ts`]);
  const args = [
    'node_modules/c8/bin/c8.js',
    'report',
    '--all',
    '--temp-directory',
    v8,
    '--reporter',
    'json',
    '--reports-dir',
    out,
    ...include,
  ];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`c8 could not read the coverage: ${stderr}`);
  return json(join(out, 'coverage-final.json'));
}

/** What the instrumented workflow bundle counted inside Temporal's sandbox, mapped back to the TypeScript it came from. */
async function ofWorkflows(dir: string): Promise<CoverageMap> {
  const bundled = libCoverage.createCoverageMap();
  if (existsSync(dir)) for (const file of readdirSync(dir)) bundled.merge(json(join(dir, file)));
  const mapped = await libSourceMaps.createSourceMapStore().transformCoverage(bundled);
  mapped.filter((file) => file.startsWith(resolve('workflows')));
  return mapped;
}

export interface Coverage {
  /** The share of lines run, of the whole product. */
  readonly percent: number;
  readonly groups: readonly GroupLines[];
}

const linesOf = (map: CoverageMap): FileLines[] =>
  map.files().map((file) => {
    const { total, covered } = map.fileCoverageFor(file).toSummary().lines;
    return { path: relative('.', file), total, covered };
  });

/** Merges both into one report (coverage/lcov.info, coverage/index.html). */
export async function mergeCoverage({ v8, istanbul, out }: { v8: string; istanbul: string; out: string }): Promise<Coverage> {
  const map = libCoverage.createCoverageMap(ofProcesses(v8, join(out, 'v8-report')));
  map.merge(await ofWorkflows(istanbul));
  const context = libReport.createContext({ dir: out, coverageMap: map });
  for (const report of ['lcovonly', 'json-summary', 'html'] as const) reports.create(report).execute(context);
  reports.create('text', { skipFull: true, maxCols: 120 }).execute(context);
  return { percent: map.getCoverageSummary().lines.pct, groups: measureGroups(linesOf(map)) };
}
