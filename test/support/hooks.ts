import { mkdirSync, writeFileSync } from 'node:fs';
import { tearDown } from './teardown.ts';

// The Temporal coverage tools look for this global to decide whether to instrument the workflow bundle.
const coverage = process.env['COVERAGE_DIR'];
const scope = globalThis as typeof globalThis & { __coverage__?: object };
if (coverage) scope.__coverage__ ??= {};

const lingersMs = 30_000;
/** Ends a process that a test keeps from ending by what it left open: it would hold up all that comes after for ever. */
function endInTime(): void {
  const end = (): void => {
    console.error(`Something is still open ${lingersMs / 1_000} s after the last test: ${process.getActiveResourcesInfo().join(', ')}`);
    // Mocha sets the exit code of its own on exit; this comes after it.
    process.on('exit', () => (process.exitCode = 1)).exit();
  };
  setTimeout(end, lingersMs).unref();
}

export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000);
    await tearDown();
    endInTime();
    if (!coverage) return;
    mkdirSync(coverage, { recursive: true });
    writeFileSync(`${coverage}/workflows-${process.pid}.json`, JSON.stringify(scope.__coverage__));
  },
};
