import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMemory } from '../../stack/memory.ts';
import { initCluster } from '../../stack/parts/postgres-cluster.ts';
import { findPostgres } from '../../stack/parts/postgres-programs.ts';
import { closedFolder, unprivilegedUser } from '../../stack/system-user.ts';
import { contextOf, useHome } from './support.ts';

describe('the data directory of a cluster', function () {
  this.timeout(30_000);
  const own = useHome();
  beforeEach(() => chmodSync(own.home.dir, 0o711));
  const init = async (): Promise<string> => {
    const programs = await findPostgres(process.env, own.home);
    return initCluster('postgres', contextOf(own.home), programs, unprivilegedUser());
  };

  it('is made anew over what a killed initdb left', async () => {
    const draft = `${own.home.data('postgres')}.new`;
    mkdirSync(draft);
    writeFileSync(join(draft, 'postgresql.conf'), 'half');
    const data = await init();
    assert.equal(readFileSync(join(data, 'PG_VERSION'), 'utf8').trim(), '15');
    assert.equal(existsSync(draft), false);
    assert.equal(statSync(data).mode & 0o777, 0o700);
  });

  it('is refused in one line when it is half a cluster', async () => {
    const data = own.home.data('postgres');
    mkdirSync(data);
    writeFileSync(join(data, 'postgresql.conf'), 'half');
    await assert.rejects(init(), {
      name: 'StackError',
      message: `${data} is half a PostgreSQL data directory (no PG_VERSION): restore it, or delete it to start over without data.`,
    });
    assert.ok(existsSync(join(data, 'postgresql.conf')));
  });

  it('is refused in one line when its password is lost', async () => {
    const data = own.home.data('postgres');
    mkdirSync(data);
    writeFileSync(join(data, 'PG_VERSION'), '15');
    assert.equal(openMemory(own.home).recall('postgres.postgres'), undefined);
    await assert.rejects(init(), {
      name: 'StackError',
      message: /has lost its password: restore that file, or delete both to start over\.$/,
    });
  });
});

describe('a folder on the way to the data', () => {
  const own = useHome();

  it('is named when the user PostgreSQL runs as may not enter it', () => {
    const closed = join(own.home.dir, 'closed');
    mkdirSync(join(closed, 'data'), { recursive: true });
    chmodSync(own.home.dir, 0o755);
    chmodSync(closed, 0o700);
    const stranger = { name: 'nobody', uid: 65_534, gid: 65_534 };
    assert.equal(closedFolder(join(closed, 'data'), stranger), closed);
    chmodSync(closed, 0o711);
    assert.equal(closedFolder(join(closed, 'data'), stranger), undefined);
  });
});
