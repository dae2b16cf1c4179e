import { UndecipherableError } from '../../domain/errors.ts';
import type { PiiPlace } from '../../domain/pii.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { openValue } from '../../platform/envelope.ts';
import { loadModels } from '../../platform/models/all.ts';
import { openReader } from '../../platform/sealed-file.ts';
import { rowsOf, wholeDatabase } from './databases.ts';
import type { Key } from './keys.ts';
import type { Platform } from './platform.ts';
import type { Marks } from './search.ts';
import { everyObject } from './views.ts';

/** A value that was sealed, and every place it may have been sealed for. */
interface Sealed {
  readonly where: string;
  readonly bytes: Buffer;
  readonly places: readonly PiiPlace[];
}
/** One that was opened: by whose key, for which place, and what it says. */
export interface Ciphertext {
  readonly where: string;
  readonly bytes: Buffer;
  readonly place: PiiPlace;
  readonly keyId: string;
  readonly plain: string;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Every value of every column of personal data, as the database has it. No row says what its values were sealed for: any id of it may be that. */
async function sealedRows({ up }: Pick<Platform, 'up'>): Promise<Sealed[]> {
  const found: Sealed[] = [];
  for (const { tableName: table, pii = {} } of await loadModels())
    for (const column of Object.keys(pii))
      for (const row of await rowsOf(wholeDatabase(up.postgres), `select * from ${table} where ${column} is not null`)) {
        const ids = Object.values(row as Record<string, unknown>).filter((value): value is string => uuid.test(String(value)));
        const tenants = [...new Set([String(row['tenant_id'] ?? platformTenantId), platformTenantId])];
        const places = tenants.flatMap((tenantId) => [...new Set(ids)].map((rowId) => ({ tenantId, table, column, rowId })));
        found.push({ where: `${table}.${column}`, bytes: row[column] as Buffer, places });
      }
  return found;
}

/** The file's own key, sealed under the upload's, precedes the file (platform/roster/uploads.ts). */
const headBytes = 73;
interface SealedFile extends Sealed {
  readonly file: Buffer;
}
async function sealedFiles({ up }: Pick<Platform, 'up'>): Promise<SealedFile[]> {
  const tenants = await rowsOf<{ id: string; tenant_id: string }>(wholeDatabase(up.postgres), 'select id, tenant_id from uploads');
  const found: SealedFile[] = [];
  for await (const { name, bytes } of everyObject(up.s3)) {
    const upload = tenants.find(({ id }) => name === `uploads/${id}`);
    if (!upload) continue;
    const places = [{ tenantId: upload.tenant_id, table: 'uploads', column: 'object_key', rowId: upload.id }];
    found.push({ where: 'the head of an upload', bytes: bytes.subarray(0, headBytes), places, file: bytes.subarray(headBytes) });
  }
  return found;
}

/** What a sealed value says to a key; undefined when it does not open. */
function tryToOpen(bytes: Buffer, place: PiiPlace, { key }: Key): string | undefined {
  try {
    return openValue(key, place, bytes);
  } catch (error) {
    if (error instanceof UndecipherableError) return undefined;
    throw error;
  }
}

function openedBy({ where, bytes, places }: Sealed, keys: readonly Key[]): Ciphertext | undefined {
  // The key's id is most often one of the row's: those are tried first.
  const likely = new Set(places.map(({ rowId }) => rowId));
  const inOrder = [...keys].sort((one, other) => Number(likely.has(other.id)) - Number(likely.has(one.id)));
  for (const each of inOrder)
    for (const place of places) {
      const plain = tryToOpen(bytes, place, each);
      if (plain !== undefined) return { where, bytes, place, keyId: each.id, plain };
    }
  return undefined;
}

async function contentOf(file: Buffer, opened: Ciphertext): Promise<string> {
  const read = async (offset: number, length: number): Promise<Buffer> => file.subarray(offset, offset + length);
  const reader = await openReader({ key: Buffer.from(opened.plain, 'base64'), size: file.length, read });
  return (await reader.read(0, reader.size)).toString();
}

export interface Collected {
  /** Of the person: sealed under a key of theirs, or saying something of them. */
  readonly theirs: readonly Ciphertext[];
  /** How many sealed values there are of anybody, and how many of those no key opens. */
  readonly all: number;
  readonly unopened: readonly string[];
}

/** All that is sealed on the platform, opened by all its keys; of it what is the person's. Kept in memory alone. */
export async function collectCiphertexts(
  platform: Pick<Platform, 'up'>,
  keys: readonly Key[],
  { marks, subjectIds }: { readonly marks: Marks; readonly subjectIds: readonly string[] },
): Promise<Collected> {
  const says = (text: string): boolean => Object.values(marks).some((mark) => text.includes(mark));
  const theirs: Ciphertext[] = [];
  const unopened: string[] = [];
  const rows = await sealedRows(platform);
  for (const sealed of rows) {
    const opened = openedBy(sealed, keys);
    if (!opened) unopened.push(sealed.where);
    else if (subjectIds.includes(opened.keyId) || says(opened.plain)) theirs.push(opened);
  }
  const files = await sealedFiles(platform);
  for (const sealed of files) {
    const opened = openedBy(sealed, keys);
    if (!opened) unopened.push(sealed.where);
    else {
      const content = await contentOf(sealed.file, opened);
      if (says(content)) theirs.push({ ...opened, plain: content });
    }
  }
  return { theirs, all: rows.length + files.length, unopened };
}

/** Those that open to any of the keys, and how often that was tried. */
export function tryAll(ciphertexts: readonly Ciphertext[], keys: readonly Key[]): { tried: number; opened: readonly string[] } {
  const opened = ciphertexts.filter(({ bytes, place }) => keys.some((key) => tryToOpen(bytes, place, key) !== undefined));
  return { tried: ciphertexts.length * keys.length, opened: opened.map(({ where }) => where) };
}
