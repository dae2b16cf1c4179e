import { PassThrough, type Readable, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { AppError, ArchiveTooLargeError, BadArchiveError } from '../../domain/errors.ts';

/** A zip file that can be read anywhere. */
export interface ArchiveSource {
  readonly size: number;
  stream(start: number, end: number): Readable;
}
export interface ArchivedFile {
  /** Without its folder. */
  readonly name: string;
  /** Its bytes. Errors are BadArchiveError, or the source's own. */
  open(): Promise<Readable>;
}

export const archiveLimits = {
  entries: 64,
  totalBytes: 1024 ** 3,
  fileBytes: 512 * 1024 ** 2,
  ratio: 200,
  ratioFromBytes: 1024 ** 2,
} as const;

class SourceReader extends RandomAccessReader {
  readonly #source: ArchiveSource;
  /** What the source itself failed with: not the archive's fault, so not to be told as a bad archive. */
  failure: Error | undefined;
  constructor(source: ArchiveSource) {
    super();
    this.#source = source;
  }
  override _readStreamForRange(start: number, end: number): Readable {
    const stream = this.#source.stream(start, end);
    const through = new PassThrough();
    stream.on('error', (error) => {
      this.failure = error;
      through.destroy(error);
    });
    through.on('close', () => stream.destroy());
    return stream.pipe(through);
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && /relative path|absolute path|invalid characters/i.test(error.message)
    ? 'a file name leads out of it'
    : 'it is damaged or no zip file';

const refusal = (reader: SourceReader, error: unknown): Error => {
  if (reader.failure) return reader.failure;
  return error instanceof AppError ? error : new BadArchiveError(reasonOf(error));
};

const isNoise = (path: string): boolean => path.split('/').some((part) => part === '__MACOSX' || part.startsWith('.'));

function checkSizes({ compressedSize, uncompressedSize }: Entry): void {
  if (uncompressedSize > archiveLimits.fileBytes) throw new ArchiveTooLargeError('a file, in bytes', archiveLimits.fileBytes);
  const isBomb = uncompressedSize > archiveLimits.ratioFromBytes && uncompressedSize > compressedSize * archiveLimits.ratio;
  if (isBomb) throw new ArchiveTooLargeError('a file, compressed so many times', archiveLimits.ratio);
}

/** The CSV files' entries by lower-case name. Limits count every entry, also those that are not read. */
async function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > archiveLimits.entries) throw new ArchiveTooLargeError('entries', archiveLimits.entries);
  const entries = new Map<string, Entry>();
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    totalBytes += entry.uncompressedSize;
    if (totalBytes > archiveLimits.totalBytes) throw new ArchiveTooLargeError('all files, in bytes', archiveLimits.totalBytes);
    checkSizes(entry);
    if (entry.fileName.endsWith('/') || isNoise(entry.fileName)) continue;
    if (!entry.canDecodeFileData()) throw new BadArchiveError('a file in it is encrypted or compressed in an unknown way');
    const path = entry.fileName.split('/');
    if (path.length > 2) throw new BadArchiveError('its files are more than one folder deep');
    const name = (path.at(-1) ?? '').trim().toLowerCase();
    if (!name.endsWith('.csv')) continue;
    if (entries.has(name)) throw new BadArchiveError('two files in it have the same name');
    entries.set(name, entry);
  }
  return entries;
}

/** The zip library checks the length of what it inflates, and stops at the declared one; not the checksum. */
function checked(entry: Entry): Transform {
  let sum = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      sum = crc32(piece, sum);
      done(null, piece);
    },
    flush(done) {
      done(sum === entry.crc32 ? null : new BadArchiveError('a file in it is damaged'));
    },
  });
}

/** Lists the CSV files of a zip within the limits. Throws BadArchiveError, ArchiveTooLargeError; nothing is unpacked here. */
export async function openArchive(source: ArchiveSource): Promise<ArchivedFile[]> {
  const reader = new SourceReader(source);
  const told = (error: unknown): never => {
    throw refusal(reader, error);
  };
  const zip = await fromRandomAccessReaderPromise(reader, source.size, { autoClose: false }).catch(told);
  const entries = await listEntries(zip).catch(told);
  const open = async (entry: Entry): Promise<Readable> => {
    const inflated = await zip.openReadStreamPromise(entry).catch(told);
    const file = checked(entry);
    inflated.on('error', (error: Error) => file.destroy(refusal(reader, error)));
    file.on('close', () => inflated.destroy());
    return inflated.pipe(file);
  };
  return [...entries.values()].map((entry) => ({ name: (entry.fileName.split('/').at(-1) ?? '').trim(), open: () => open(entry) }));
}
