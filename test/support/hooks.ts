import { mkdirSync, writeFileSync } from 'node:fs';
import { tearDown } from './teardown.ts';

// The Temporal coverage tools look for this global to decide whether to instrument the workflow bundle.
const coverage = process.env['COVERAGE_DIR'];
const scope = globalThis as typeof globalThis & { __coverage__?: object };
if (coverage) scope.__coverage__ ??= {};

export const mochaHooks = {
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(60_000);
    await tearDown();
    if (!coverage) return;
    mkdirSync(coverage, { recursive: true });
    writeFileSync(`${coverage}/workflows-${process.pid}.json`, JSON.stringify(scope.__coverage__));
  },
};
