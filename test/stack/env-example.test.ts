import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const example = readFileSync('.env.example', 'utf8');
const offered = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)];

describe('.env.example', () => {
  it('names every variable the product reads', () => {
    const read = [...readFileSync('platform/config/variables.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]*): /gm)].map(([, name]) => name);
    const names = offered.map(([, name]) => name);
    assert.ok(read.length > 20);
    assert.deepEqual(
      read.filter((name) => !names.includes(name)),
      [],
    );
  });

  it('names nothing that nobody reads', () => {
    const under = (folder: string, suffix: string): string[] =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith(suffix))
        .map((file) => readFileSync(join(folder, file), 'utf8'));
    // TEMPORAL_* is what Temporal's own reader takes.
    const readers = ['platform', 'stack', 'workers', 'api', 'cli'].flatMap((folder) => under(folder, '.ts'));
    const all = [...readers, ...under('node_modules/@temporalio/envconfig/lib', '.js'), readFileSync('docker-compose.yml', 'utf8')].join(
      '\n',
    );
    assert.deepEqual(
      offered.map(([, name = '']) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(all)),
      [],
    );
  });

  it('sets none of them: copied as it is, it changes nothing', () => {
    assert.deepEqual(
      offered.filter(([, , value]) => value !== '').map(([line]) => line),
      [],
    );
  });

  it('names every variable of docker-compose.yml', () => {
    const asked = [...readFileSync('docker-compose.yml', 'utf8').matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name]) => name);
    const names = offered.map(([, name]) => name);
    assert.deepEqual(
      asked.filter((name) => !names.includes(name)),
      [],
    );
  });
});
