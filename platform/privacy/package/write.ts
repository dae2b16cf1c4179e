import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { ExportFormat } from '../../../domain/privacy/export.ts';
import type { Asked, Collector, RecordKind } from '../collector.ts';
import { manifestOf, schemaOf, type WrittenFile } from './manifest.ts';
import { indexPage, type Reader } from './page.ts';
import { recordFile } from './record-files.ts';
import { count, createTally } from './tally.ts';

export interface PackageInput {
  readonly exportId: string;
  readonly asked: Asked;
  readonly formats: readonly ExportFormat[];
  readonly collectors: readonly Collector[];
  readonly reader: Reader;
  /** Called for every record, in each format: throws to stop, waits to go slower. */
  readonly pace?: () => Promise<void> | void;
}
export interface Package {
  /** The zip while it is made: what is read for it waits until it is read. Destroyed, it stops reading. */
  readonly zip: Readable;
  /** How many records there are, and redactions; known when the zip has been read. */
  totals(): { readonly records: number; readonly redactions: number };
}

/** A zip with the records in each format, the page, the schema and, last, the manifest. Its files are made one after the other as it is read. */
export function writePackage({ exportId, asked, formats, collectors, reader, pace }: PackageInput): Package {
  const kinds = collectors.flatMap(({ kinds: own }) => own);
  const tally = createTally();
  const files: WrittenFile[] = [];
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let current: Readable | undefined;
  output.on('close', () => current?.destroy());

  const add = (path: string, content: () => AsyncIterable<Buffer>): void =>
    zip.addReadStreamLazy(path, { mtime: asked.asOf }, (use) => {
      const file = measured(path, content(), (written) => files.push(written));
      // The archive hears of no error of a file, and no file hears that nobody wants the archive any more.
      file.on('error', (error) => output.destroy(error));
      current = file;
      use(null, file);
    });

  for (const format of formats) for (const kind of kinds) add(`data/${kind.name}.${format}`, () => paced(tallied(kind, format), pace));
  add('schema.json', () => whole(json(schemaOf(kinds))));
  add('index.html', () => whole(indexPage({ kinds, formats, tally, asOf: asked.asOf, reader })));
  add('manifest.json', () =>
    whole(json(manifestOf({ exportId, subject: asked.subject, asOf: asked.asOf, formats, collectors, tally, files: [...files] }))),
  );
  zip.end();
  return { zip: output, totals: () => ({ records: tally.sum('records'), redactions: tally.sum('redactions') }) };

  function tallied(kind: RecordKind, format: ExportFormat): AsyncIterable<Buffer> {
    const own = tally.begin(kind.name);
    return recordFile(kind, format, asked, (record) => count(own, record));
  }
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

async function* whole(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

async function* paced(pieces: AsyncIterable<Buffer>, pace: PackageInput['pace']): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    await pace?.();
    yield piece;
  }
}

function measured(path: string, pieces: AsyncIterable<Buffer>, done: (file: WrittenFile) => void): Readable {
  const hash = createHash('sha256');
  let bytes = 0;
  const passing = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      hash.update(piece);
      bytes += piece.length;
      yield piece;
    }
    done({ path, bytes, sha256: hash.digest('hex') });
  };
  return Readable.from(passing(), { objectMode: false });
}
