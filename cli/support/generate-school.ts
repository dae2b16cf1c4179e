import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { CsvFiles } from './csv-files.ts';
import { oneRosterFiles } from './one-roster-files.ts';
import { planSchool, type SchoolPlan } from './plan-school.ts';
import { sdsFiles } from './sds-files.ts';

export interface SchoolOptions {
  /** Students, teachers, guardians and administrators together; at least 1. */
  readonly users: number;
  readonly seed: number;
  /** The folder to write to; made when it does not exist. */
  readonly out: string;
  readonly format?: 'sds-v2.1' | 'one-roster-1.1';
}

/** Writes the roster of an invented school, row by row; the same options write the same files. Every address is of a reserved domain. */
export async function generateSchool({ users, seed, out, format = 'sds-v2.1' }: SchoolOptions): Promise<SchoolPlan> {
  const plan = planSchool(users, seed);
  const files: CsvFiles = format === 'sds-v2.1' ? sdsFiles(plan) : oneRosterFiles(plan);
  await writeCsvFiles(files, out);
  return plan;
}

/** Writes CSV files into a folder, row by row. */
export async function writeCsvFiles(files: CsvFiles, out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  for (const [name, rows] of Object.entries(files))
    await pipeline(Readable.from(rows()), stringify({ record_delimiter: 'windows' }), createWriteStream(join(out, name)));
}
