import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type BundleOptions } from '@temporalio/worker';
import { failureConverterPath } from '../platform/codec/data-converter.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const suffix = extname(import.meta.url);

/** Everything the bundle is made from, for whoever bundles it otherwise (the tests, with instruments). */
export const bundleOptions: BundleOptions & { workflowInterceptorModules: string[] } = {
  workflowsPath: join(root, `workflows/index${suffix}`),
  workflowInterceptorModules: [join(root, `workflows/support/interceptors${suffix}`)],
  failureConverterPath,
};

export interface Bundle {
  readonly codePath: string;
  /** Of the code: the same code is the same version of the worker, wherever it runs. */
  readonly buildId: string;
}

const digest = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

export async function writeBundle(codePath: string): Promise<void> {
  const { code } = await bundleWorkflowCode({ ...bundleOptions, logger: new DefaultLogger('WARN') });
  mkdirSync(dirname(codePath), { recursive: true });
  // Renamed into place: another worker starting now reads the whole of it or nothing.
  writeFileSync(`${codePath}.${process.pid}`, code);
  renameSync(`${codePath}.${process.pid}`, codePath);
}

/** The bundle named, the one `npm run build` left beside this code, or one made now and kept as long as its sources stand. */
export async function findBundle(named?: string, cache = join(root, '.toolbox/build')): Promise<Bundle> {
  const built = join(root, 'workflow-bundle.js');
  const codePath = named ?? (existsSync(built) ? built : join(cache, `workflows-${sourceDigest()}.js`));
  if (!named && !existsSync(codePath)) await writeBundle(codePath);
  return { codePath, buildId: digest(readFileSync(codePath)).slice(0, 16) };
}

/** Of the workflows, what they may import, and the SDK: a bundle only loads in the version that made it. */
function sourceDigest(): string {
  const files = ['workflows', 'domain'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith(suffix))
      .sort()
      .map((file) => join(folder, file)),
  );
  files.push(relative(root, failureConverterPath));
  const sdk = fileURLToPath(import.meta.resolve('@temporalio/worker/package.json'));
  return digest(readFileSync(sdk), ...files.flatMap((file) => [file, readFileSync(join(root, file))])).slice(0, 16);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , out] = process.argv;
  if (!out) throw new Error('Say where to write the bundle.');
  await writeBundle(out);
}
