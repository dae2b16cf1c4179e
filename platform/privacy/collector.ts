import type { Knex } from 'knex';
import { z } from 'zod';
import type { Keyring } from '../keyring.ts';
import type { Subject } from './subject.ts';

/** What Stripe has of whoever pays for a school. */
export interface BillingContact {
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
}
export interface CollectDeps {
  /** The main cluster. */
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  /** One question to Stripe for each package, so it needs no turn on Stripe's queue. */
  readonly billing: { readonly readContact: (customerId: string) => Promise<BillingContact | undefined> };
}
/** A request for all of a person's data. What was written after `asOf` is no part of it, so that both formats tell the same. */
export interface Asked extends CollectDeps {
  readonly subject: Subject;
  readonly asOf: Date;
}

/** One kind of record: a file in each format. Its schema is in the package too. */
export interface RecordKind<Schema extends z.ZodObject = z.ZodObject> {
  /** kebab-case: the file's name. */
  readonly name: string;
  readonly title: string;
  /** What it is and what of it was left out, for whoever reads the package. */
  readonly about: string;
  readonly schema: Schema;
  /** The records in clear, oldest first, a page of rows in memory at a time: for one activity, never stored unsealed. */
  read(asked: Asked): AsyncIterable<z.input<Schema>>;
}
/** What is read of one place; `tables` are those of the main cluster that it answers for. */
export interface Collector {
  readonly place: string;
  readonly tables: readonly string[];
  readonly kinds: readonly RecordKind[];
}

/** Declares a kind, so that the compiler holds its records against its schema. */
export const recordKind = <Schema extends z.ZodObject>(kind: RecordKind<Schema>): RecordKind => kind;

/** Every record of a place: `name` is the kind's. */
export async function* collect({ kinds }: Pick<Collector, 'kinds'>, asked: Asked): AsyncGenerator<{ name: string; record: object }> {
  for (const { name, read } of kinds) for await (const record of read(asked)) yield { name, record };
}

const rowsAtOnce = 500;

/** Reads rows page after page, in the order of a key; `read` gets the last row it has answered, and how many it may answer. */
export async function* inPages<Row>(read: (after: Row | undefined, limit: number) => Promise<readonly Row[]>): AsyncGenerator<Row> {
  for (let after: Row | undefined; ;) {
    const rows = await read(after, rowsAtOnce);
    yield* rows;
    if (rows.length < rowsAtOnce) return;
    after = rows.at(-1);
  }
}

export const time = z.iso.datetime();
export const timeOrNull = time.nullable();
export const at = (date: Date): string => date.toISOString();
export const atOrNull = (date: Date | null): string | null => date && date.toISOString();
