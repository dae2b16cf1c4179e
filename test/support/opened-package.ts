import { createHash } from 'node:crypto';
import { Decrypter } from 'age-encryption';
import yauzl from 'yauzl';

export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}
export interface OpenedPackage {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly manifest: {
    readonly format: string;
    readonly personId: string;
    readonly records: number;
    readonly redactions: number;
    readonly kinds: readonly { readonly name: string; readonly records: number; readonly redactions: number }[];
    readonly files: readonly ManifestFile[];
  };
  text(path: string): string;
  records(kind: string): readonly Readonly<Record<string, unknown>>[];
}

/** Opens a sealed package as its person does: with the secret key, or with the passphrase. */
export async function openPackage(
  sealed: Buffer,
  by: { readonly identity: string } | { readonly passphrase: string },
): Promise<OpenedPackage> {
  const decrypter = new Decrypter();
  if ('identity' in by) decrypter.addIdentity(by.identity);
  else decrypter.addPassphrase(by.passphrase);
  const files = await unzip(Buffer.from(await decrypter.decrypt(sealed)));
  const text = (path: string): string => {
    const file = files.get(path);
    if (!file) throw new Error(`The package has no ${path}, only ${[...files.keys()].join(', ')}.`);
    return file.toString();
  };
  const manifest = JSON.parse(text('manifest.json')) as OpenedPackage['manifest'];
  const records: OpenedPackage['records'] = (kind) => JSON.parse(text(`data/${kind}.json`)) as Record<string, unknown>[];
  return { files, manifest, text, records };
}

/** What does not fit the manifest: a file it lacks, one that is not there, a length or a checksum that is another. */
export function misfits({ files, manifest }: OpenedPackage): string[] {
  const listed = new Map(manifest.files.map((file) => [file.path, file]));
  const unlisted = [...files.keys()].filter((path) => path !== 'manifest.json' && !listed.has(path));
  const wrong = manifest.files.filter(({ path, bytes, sha256 }) => {
    const file = files.get(path);
    return !file || file.length !== bytes || createHash('sha256').update(file).digest('hex') !== sha256;
  });
  return [...unlisted, ...wrong.map(({ path }) => path)];
}

async function unzip(zip: Buffer): Promise<Map<string, Buffer>> {
  const archive = await new Promise<yauzl.ZipFile>((resolve, reject) =>
    yauzl.fromBuffer(zip, { lazyEntries: true }, (error, opened) => (opened ? resolve(opened) : reject(error ?? new Error('No zip.')))),
  );
  const files = new Map<string, Buffer>();
  return await new Promise((resolve, reject) => {
    archive.on('error', reject);
    archive.on('end', () => resolve(files));
    archive.on('entry', (entry: yauzl.Entry) => {
      archive.openReadStream(entry, (error, stream) => {
        if (!stream) return reject(error ?? new Error('No entry.'));
        const pieces: Buffer[] = [];
        stream.on('error', reject);
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          files.set(entry.fileName, Buffer.concat(pieces));
          archive.readEntry();
        });
      });
    });
    archive.readEntry();
  });
}
