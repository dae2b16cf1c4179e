import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { programs } from '../../stack/versions.ts';

const compose = readFileSync('docker-compose.yml', 'utf8');
const imageOf = (service: string): string => new RegExp(`\\n  ${service}:\\n    image: (\\S+)\\n`).exec(compose)?.[1] ?? '';
const flagsOf = (part: string): string[] => {
  const text = readFileSync(`stack/parts/${part}.ts`, 'utf8');
  return [...text.matchAll(/'((?:history|matching|frontend)\.\w+=\w+|journal_mode=WAL|synchronous=NORMAL|-[\w.]+=\w+)'/g)].map(
    ([, flag = '']) => flag,
  );
};

describe('docker-compose.yml', () => {
  it('takes the versions that the embedded stack takes', () => {
    const { temporal, weed, openbao } = programs;
    assert.equal(imageOf('temporal'), `temporalio/temporal:${temporal.wheel.version}`);
    assert.equal(imageOf('s3'), `chrislusf/seaweedfs:${weed.wheel.version}`);
    assert.equal(imageOf('vault'), `openbao/openbao:${openbao.wheel.version}`);
    for (const cluster of ['postgres', 'keyring']) assert.equal(imageOf(cluster), 'postgres:15');
  });

  it('gives Temporal the settings that the embedded one has, and the search attributes of the product', () => {
    const settings = flagsOf('temporal').filter((flag) => !flag.startsWith('-'));
    assert.ok(settings.length >= 6, settings.join());
    for (const setting of settings) assert.ok(compose.includes(`=${setting}\n`), setting);
    const attributes =
      /searchAttributes: readonly string\[\] = \[([^\]]+)\]/.exec(readFileSync('stack/parts/temporal.ts', 'utf8'))?.[1] ?? '';
    for (const [, name] of attributes.matchAll(/'(\w+)'/g)) assert.ok(compose.includes(`--search-attribute=${name}=Keyword\n`), name);
  });

  it('gives SeaweedFS the settings that are no matter of one machine', () => {
    const local = /^-(ip|volume\.preStop|master\.(election|heartbeat))/;
    const settings = flagsOf('s3').filter((flag) => !local.test(flag));
    assert.ok(settings.length >= 5, settings.join());
    for (const setting of settings) assert.ok(compose.includes(`- ${setting}\n`), setting);
  });

  it('offers nothing to the network beyond this machine', () => {
    const ports = [...compose.matchAll(/^ {4}ports: \[(.+)\]$/gm)].flatMap(([, list = '']) => list.split(', '));
    assert.equal(ports.length, 7);
    for (const port of ports) assert.match(port, /^'127\.0\.0\.1:\d+:\d+'$/);
  });
});
