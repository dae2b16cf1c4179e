import { z } from 'zod';
import type { ExportFormat } from '../../../domain/privacy/export.ts';
import { type Collector, type RecordKind } from '../collector.ts';
import { withoutRecords } from '../collectors.ts';
import type { Subject } from '../subject.ts';
import type { Tally } from './tally.ts';

/** A file of the package as it was written. */
export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the file, in hex. */
  readonly sha256: string;
}
export interface ManifestInput {
  readonly exportId: string;
  readonly subject: Subject;
  readonly asOf: Date;
  readonly formats: readonly ExportFormat[];
  readonly collectors: readonly Collector[];
  readonly tally: Tally;
  readonly files: readonly WrittenFile[];
}
const format = 'toolbox-subject-export/1';

/** What is in the package: every file but this one with its checksum, how many records there are, and what was left out. */
export function manifestOf({ exportId, subject, asOf, formats, collectors, tally, files }: ManifestInput): object {
  const kinds = collectors.flatMap(({ place, kinds: own }) => own.map((kind) => ({ place, kind })));
  return {
    format,
    exportId,
    tenantId: subject.tenantId,
    personId: subject.personId,
    asOf: asOf.toISOString(),
    formats,
    records: tally.sum('records'),
    redactions: tally.sum('redactions'),
    kinds: kinds.map(({ place, kind: { name, title } }) => {
      const { records, redactions } = tally.of(name);
      return { name, title, place, records, redactions };
    }),
    notIncluded: Object.entries(withoutRecords).map(([table, why]) => ({ table, why })),
    files,
  };
}

/** A JSON Schema in which each kind of record is a definition by its name. */
export function schemaOf(kinds: readonly RecordKind[]): object {
  const definitions = kinds.map(({ name, title, about, schema }) => {
    const { $schema: _, ...own } = z.toJSONSchema(schema, { target: 'draft-2020-12' });
    return [name, { title, description: about, ...own }] as const;
  });
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Records of a person', $defs: Object.fromEntries(definitions) };
}
