import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const example = readFileSync('.env.example', 'utf8');
const offered = [...example.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)];

describe('.env.example', () => {
  it('names every variable the product reads', () => {
    const read = [...readFileSync('platform/config.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z0-9_]*): /gm)].map(([, name]) => name);
    const names = offered.map(([, name]) => name);
    assert.ok(read.length > 20);
    assert.deepEqual(
      read.filter((name) => !names.includes(name)),
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
