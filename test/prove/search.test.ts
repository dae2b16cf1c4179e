import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formsOf } from './encodings.ts';
import { filesBelow, searchFiles } from './files.ts';
import { searchStream } from './search.ts';

const name = 'Zoë Krx92vQ4m';
const noise = (): Buffer => randomBytes(1_000);
const inPieces = async function* (whole: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
};
const found = async (whole: Buffer, size = 64): Promise<string[]> =>
  (await searchStream('here', inPieces(whole, size), { name })).hits.map(({ encoding }) => encoding);

describe('the search for a person’s marks', () => {
  const written: Readonly<Record<string, Buffer>> = {
    'utf-8': Buffer.from(name),
    'utf-8, spelt otherwise': Buffer.from(name.toLowerCase()),
    'utf-16le': Buffer.from(name, 'utf16le'),
    'utf-16be': Buffer.from(name, 'utf16le').swap16(),
    hex: Buffer.from(Buffer.from(name).toString('hex')),
    'hex (capitals)': Buffer.from(Buffer.from(name).toString('hex').toUpperCase()),
    url: Buffer.from(new URLSearchParams({ name }).toString().replaceAll('+', '%20')),
    json: Buffer.from(String.raw`{"name":"Zo\u00eb Krx92vQ4m"}`),
  };
  for (const [encoding, bytes] of Object.entries(written))
    it(`finds it as ${encoding}`, async () => assert.ok((await found(Buffer.concat([noise(), bytes, noise()]))).includes(encoding)));

  it('finds it as base64 of any alphabet, however many bytes stand before it', async () => {
    for (const alphabet of ['base64', 'base64url'] as const)
      for (const before of [0, 1, 2, 3, 4, 5]) {
        const text = Buffer.concat([Buffer.alloc(before, 0xff), Buffer.from(name), Buffer.from('after')]).toString(alphabet);
        const encodings = await found(Buffer.concat([noise(), Buffer.from(text), noise()]));
        assert.ok(
          encodings.some((encoding) => encoding.startsWith('base64')),
          `${alphabet} after ${before} bytes`,
        );
      }
  });

  it('finds it wherever two pieces meet', async () => {
    const bytes = Buffer.concat([noise(), Buffer.from(name), noise()]);
    for (const size of [1, 7, 13, 1_005, 1_009]) assert.ok((await found(bytes, size)).includes('utf-8'), `${size}`);
  });

  it('finds nothing where it is not, and has forms enough to be sure of', async () => {
    assert.deepEqual(await found(Buffer.concat([noise(), Buffer.from('Zoe Krx92vQ4'), noise()])), []);
    assert.ok(formsOf(name).length >= 12);
    assert.ok(formsOf(name).every(({ bytes }) => bytes.length >= 8));
  });

  it('finds it in a file wherever two reads of it meet', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'toolbox-search-'));
    try {
      const before = Buffer.alloc(4 * 1024 * 1024 - 5);
      for (const size of [before.length, 2 * before.length + 5]) {
        writeFileSync(join(folder, 'large'), Buffer.concat([Buffer.alloc(size), Buffer.from(name), noise()]));
        const { hits } = await searchFiles([join(folder, 'large')], { name });
        assert.deepEqual(hits, [{ where: join(folder, 'large'), mark: 'name', encoding: 'utf-8', at: size }]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('reads every file below a folder, tells the place, and counts the bytes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'toolbox-search-'));
    try {
      writeFileSync(join(folder, 'clean'), noise());
      writeFileSync(join(folder, 'dirty'), Buffer.concat([noise(), Buffer.from(name)]));
      const { bytes, hits } = await searchFiles([...filesBelow(folder), join(folder, 'gone')], { name });
      assert.equal(bytes, 2_000 + Buffer.byteLength(name));
      assert.deepEqual(
        hits.filter(({ encoding }) => encoding === 'utf-8'),
        [{ where: join(folder, 'dirty'), mark: 'name', encoding: 'utf-8', at: 1_000 }],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
