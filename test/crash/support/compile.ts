import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The worker under test in few files: every kill costs the start of another one, and to find and read a thousand takes three times as long. */
export interface Program {
  readonly path: string;
  remove(): void;
}

/** What lies in these folders is read by its name: it stays a file of its own. */
const readByName = ['platform/models', 'processes'];
const entries = (): string[] => [
  'test/crash/support/doomed.ts',
  'platform/failure-converter.ts',
  ...readByName.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  ),
];

/** A module that asks where it lies is told where it would lie alone. */
const inPlace = (out: string): Plugin => ({
  name: 'in place',
  setup({ onLoad }) {
    onLoad({ filter: /\/(platform|processes|workers)\/.*\.ts$/ }, async ({ path }) => {
      const place = pathToFileURL(join(out, relative(root, path).replace(/\.ts$/, '.js'))).href;
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(place)), loader: 'ts' };
    });
  },
});

/** The SDK's maker of workflow bundles, with all of webpack behind it: a worker that is given a bundle never calls it. */
const noBundler: Plugin = {
  name: 'no bundler',
  setup({ onLoad }) {
    const contents = 'exports.WorkflowCodeBundler = class {}; exports.defaultWorkflowInterceptorModules = [];';
    onLoad({ filter: /@temporalio\/worker\/lib\/workflow\/bundler\.js$/ }, () => ({ contents, loader: 'js' }));
  },
};

/** Bundles it beside this checkout's packages. Throws what the compiler said when it does not compile. */
export async function compileWorker(): Promise<Program> {
  const parent = resolve(root, '.toolbox/build');
  mkdirSync(parent, { recursive: true });
  const out = mkdtempSync(join(parent, 'crash-'));
  await build({
    entryPoints: entries().map((file) => join(root, file)),
    outbase: root,
    outdir: out,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    // Packages of the old kind ask for Node's own modules by `require`.
    banner: { js: "import { createRequire as createRequireOf } from 'node:module'; const require = createRequireOf(import.meta.url);" },
    // With files beside their code that are none of JavaScript's, or of databases that are not ours.
    // Pusher's finds its fetch by the way it is loaded.
    external: ['@temporalio/core-bridge', '@node-rs/argon2', 'pusher', 'source-map', 'pg-native', ...otherDatabases],
    plugins: [inPlace(out), noBundler],
    logLevel: 'error',
  });
  return { path: join(out, 'test/crash/support/doomed.js'), remove: () => rmSync(out, { recursive: true, force: true }) };
}

const otherDatabases = ['better-sqlite3', 'mariadb/callback', 'mysql', 'mysql2', 'oracledb', 'pg-query-stream', 'sqlite3', 'tedious'];
