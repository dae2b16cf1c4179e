import { appendFileSync, createReadStream, existsSync, mkdirSync, openSync, renameSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One change: collection, id, and the new value (absent: deleted). A journal line is the list of changes of one transaction. */
type Change = readonly [collection: string, id: string, value?: unknown];

export interface Collection<T> {
  readonly get: (id: string) => T | undefined;
  put(id: string, value: T): void;
  delete(id: string): void;
  /** In the order they were first put. */
  values(): readonly T[];
  size(): number;
}

export interface Store {
  collection<T>(name: string): Collection<T>;
  /** Runs `act` whole or not at all: its changes are one line of the journal, written before it returns; a throw undoes them. */
  transaction<T>(act: () => T): T;
  clear(): void;
}

/**
 * State that survives the process: maps in memory and a journal in `directory`, read back and compacted here.
 * Without a directory the state lives as long as the process. A line half written by a killed process is dropped: its request was never answered.
 */
export async function openStore(directory: string | undefined): Promise<Store> {
  const data = new Map<string, Map<string, unknown>>();
  const file = directory === undefined ? undefined : join(directory, 'journal.ndjson');
  if (directory !== undefined && file !== undefined) {
    mkdirSync(directory, { recursive: true });
    if (existsSync(file)) await replay(file, data);
    compact(file, data);
  }
  return createStore(data, file);
}

function createStore(data: Map<string, Map<string, unknown>>, file: string | undefined): Store {
  let open: { changes: Change[]; undo: (() => void)[] } | undefined;

  const record = (change: Change) => {
    if (!open) throw new Error('The state changes only inside a transaction.');
    const [collection, id] = change;
    const rows = rowsOf(data, collection);
    const before = rows.get(id);
    open.undo.push(before === undefined ? () => rows.delete(id) : () => rows.set(id, before));
    open.changes.push(change);
    apply(data, change);
  };

  function transaction<T>(act: () => T): T {
    if (open) return act();
    const mine = (open = { changes: [] as Change[], undo: [] as (() => void)[] });
    try {
      const result = act();
      if (file !== undefined && mine.changes.length > 0) appendFileSync(file, `${JSON.stringify(mine.changes)}\n`);
      return result;
    } catch (error) {
      for (const undo of mine.undo.reverse()) undo();
      throw error;
    } finally {
      open = undefined;
    }
  }

  return {
    collection: <T>(name: string) => ({
      get: (id) => rowsOf(data, name).get(id) as T | undefined,
      put: (id, value: T) => record([name, id, value]),
      delete: (id) => record([name, id]),
      values: () => [...rowsOf(data, name).values()] as T[],
      size: () => rowsOf(data, name).size,
    }),
    transaction,
    clear() {
      data.clear();
      if (file !== undefined) compact(file, data);
    },
  };
}

function rowsOf(data: Map<string, Map<string, unknown>>, collection: string): Map<string, unknown> {
  const rows = data.get(collection) ?? new Map<string, unknown>();
  data.set(collection, rows);
  return rows;
}

function apply(data: Map<string, Map<string, unknown>>, [collection, id, value]: Change): void {
  const rows = rowsOf(data, collection);
  if (value === undefined) rows.delete(id);
  else rows.set(id, value);
}

async function replay(file: string, data: Map<string, Map<string, unknown>>): Promise<void> {
  let torn: unknown;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (torn !== undefined) throw new Error(`The journal ${file} is damaged before its last line.`, { cause: torn });
    try {
      for (const change of JSON.parse(line) as Change[]) apply(data, change);
    } catch (error) {
      torn = error;
    }
  }
}

function compact(file: string, data: Map<string, Map<string, unknown>>): void {
  const next = `${file}.next`;
  const handle = openSync(next, 'w', 0o600);
  for (const [collection, rows] of data) {
    for (const [id, value] of rows) writeSync(handle, `${JSON.stringify([[collection, id, value]])}\n`);
  }
  closeSync(handle);
  renameSync(next, file);
}
