import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { bundleOptions } from '../../../workers/bundle.ts';

export interface Change {
  /** A file of workflows/. */
  readonly file: string;
  /** What stands there once, and what instead. */
  readonly from: string;
  readonly to: string;
}

/** Bundles a copy of the product's workflows in which one thing is changed. */
export async function bundleChanged({ file, from, to }: Change): Promise<{ code: string }> {
  mkdirSync('.toolbox', { recursive: true });
  // Inside the project: the copy finds the packages.
  const copy = mkdtempSync(resolve('.toolbox/changed-'));
  try {
    for (const folder of ['workflows', 'domain']) cpSync(folder, join(copy, folder), { recursive: true });
    const path = join(copy, 'workflows', file);
    const parts = readFileSync(path, 'utf8').split(from);
    if (parts.length !== 2) throw new Error(`workflows/${file} holds ${parts.length - 1} times: ${from}`);
    writeFileSync(path, parts.join(to));
    return await bundleWorkflowCode({
      ...bundleOptions,
      workflowsPath: join(copy, 'workflows/index.ts'),
      workflowInterceptorModules: [join(copy, 'workflows/support/interceptors.ts')],
      logger: new DefaultLogger('ERROR'),
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
