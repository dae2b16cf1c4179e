import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { readDataMap } from '../../../platform/privacy/map.ts';
import { useDatabases } from '../../support/database.ts';

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`);

/** Files that write objects, and which bucket's place they are on the map by. A new one fails the test until it is on the map. */
const writers: Readonly<Record<string, 'uploads_bucket' | 'reports_bucket' | 'exports_bucket' | 'backups_keyring'>> = {
  'activities/privacy-exports.ts': 'exports_bucket',
  'platform/keyring-backups.ts': 'backups_keyring',
  'platform/roster/uploads.ts': 'uploads_bucket',
  'platform/roster/report.ts': 'reports_bucket',
};

describe('platform/privacy/map', () => {
  const databases = useDatabases();
  const read = () => readDataMap({ main: databases.owner, keyring: databases.keyringOwner });

  it('knows every table of both clusters', async () => {
    const { unknown, places } = await read();
    assert.deepEqual(
      unknown,
      [],
      'put the table into platform/privacy/places.ts: how it is searched, exported and erased, or why it holds nothing',
    );
    assert.ok(places.filter(({ kind }) => kind === 'table').length >= 30);
  });

  it('claims of no table with personal columns that it holds nothing', async () => {
    const { places } = await read();
    const claimed = places.filter(({ kind, holds, handling }) => kind === 'table' && holds.length > 0 && 'none' in handling);
    assert.deepEqual(
      claimed.map(({ name }) => name),
      [],
    );
  });

  it('erases whatever refers to another before it, by the foreign keys as they are', async () => {
    const { places, order } = await read();
    for (const { name, refersTo } of places)
      for (const parent of refersTo.filter((table) => table !== name && (order as string[]).includes(table)))
        if ((order as string[]).includes(name))
          assert.ok((order as string[]).indexOf(name) < (order as string[]).indexOf(parent), `${name} -> ${parent}`);
    assert.ok(order.indexOf('sendgrid') < order.indexOf('invitations'));
    assert.deepEqual(order.slice(-4), ['subject_keys', 'blind_indexes', 'backups_main', 'backups_keyring']);
  });

  it('heeds a table and a reference that a migration adds', async () => {
    await databases.owner.raw(`create table badges (tenant_id uuid not null, session_id uuid references sessions (id))`);
    const { unknown } = await read();
    assert.deepEqual(unknown, ['badges']);
    await databases.owner.raw('drop table badges');
  });

  it('names every kind of object that is put into a bucket', async () => {
    const found = [...sources('platform'), ...sources('activities'), ...sources('api')].filter((file) =>
      /storage\s*\.put\(/.test(readFileSync(file, 'utf8')),
    );
    assert.deepEqual(found.sort(), Object.keys(writers).sort());
    const names = new Set((await read()).places.map(({ name }) => name));
    assert.ok(Object.values(writers).every((place) => names.has(place)));
  });
});
