import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Border {
  /** Folders of the house whose values may be imported. */
  readonly folders: readonly string[];
  /** Packages and node: built-ins whose values may be imported. */
  readonly packages: RegExp;
}

const anything = /^/;
const nothing = /^$/;
/** The borders of the house (docs/design.md): values only, `import type` is free. */
const borders: Readonly<Record<string, Border>> = {
  domain: { folders: ['domain'], packages: nothing },
  processes: { folders: ['processes', 'domain'], packages: /^(zod$|node:)/ },
  policies: { folders: ['policies', 'domain'], packages: /^(casbin$|node:)/ },
  workflows: { folders: ['workflows', 'domain'], packages: /^@temporalio\/workflow$/ },
  platform: { folders: ['platform', 'domain'], packages: /^(?!@?koa|@temporalio\/(worker|workflow|activity|testing))/ },
  activities: { folders: ['activities', 'platform', 'domain'], packages: /^(@temporalio\/activity$|objection$|node:)/ },
  migrations: { folders: ['migrations', 'domain'], packages: /^node:/ },
  api: {
    folders: ['api', 'processes', 'policies', 'platform', 'domain'],
    packages: /^(?!@temporalio\/(worker|workflow|activity|testing)$)/,
  },
  workers: { folders: ['workers', 'activities', 'platform', 'domain', 'processes', 'policies'], packages: /^(?!@?koa)/ },
  sandboxes: { folders: ['sandboxes', 'domain'], packages: /^(?!stripe$|@sendgrid|pusher$|minio$|knex$|objection$|@?koa|@temporalio)/ },
  stack: { folders: ['stack', 'domain'], packages: anything },
  cli: {
    folders: ['cli', 'domain', 'platform', 'policies', 'processes'],
    packages: /^(?!@temporalio\/(worker|workflow|activity|testing)$)/,
  },
};

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));

/** Static and dynamic value imports of a file, each as a path in the house or a package name. */
function* valueImports(path: string): Generator<string> {
  const text = readFileSync(path, 'utf8');
  const found = [
    ...text.matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'/gm),
    ...text.matchAll(/\bimport\('([^']+)'\)(?!\.[A-Z])/g),
  ];
  for (const [, from = ''] of found) yield from.startsWith('.') ? `./${join(dirname(path), from)}` : from;
}

describe('architecture', () => {
  for (const [folder, { folders, packages }] of Object.entries(borders)) {
    it(`${folder}/ imports only what its border allows`, () => {
      const allowed = (from: string): boolean => (from.startsWith('./') ? folders.includes(from.split('/')[1] ?? '') : packages.test(from));
      const trespasses = sources(folder).flatMap((path) =>
        [...valueImports(path)].filter((from) => !allowed(from)).map((from) => `${path} imports ${from}`),
      );
      assert.deepEqual(trespasses, []);
    });
  }

  it('every import inside the house names a file that exists, suffix included', () => {
    const broken = Object.keys(borders)
      .flatMap(sources)
      .flatMap((path) =>
        [...valueImports(path)].filter((from) => from.startsWith('./') && !existsSync(from)).map((from) => `${path}: ${from}`),
      );
    assert.deepEqual(broken, []);
  });

  it('only the configuration reads the environment of the product', () => {
    const product = ['domain', 'processes', 'policies', 'workflows', 'platform', 'activities', 'api', 'workers', 'migrations'];
    const readers = product.flatMap(sources).filter((path) => /process\.env/.test(readFileSync(path, 'utf8')));
    assert.deepEqual(readers.sort(), ['platform/config.ts', 'platform/config/tools.ts']);
  });

  it('workflow files are all reachable through the only door', () => {
    const door = readFileSync('workflows/index.ts', 'utf8');
    const files = readdirSync('workflows').filter((file) => file.endsWith('.ts') && file !== 'index.ts' && !file.endsWith('.messages.ts'));
    assert.deepEqual(
      files.filter((file) => !door.includes(`'./${file}'`)),
      [],
    );
  });
});
