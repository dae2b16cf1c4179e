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
  /** Tells the rows that are there, then each change and each change undone: what an index is kept by. */
  watch(told: Watcher<T>): void;
}

/** A row is new (`before` undefined), changed, or gone (`after` undefined). */
export type Watcher<T> = (id: string, before: T | undefined, after: T | undefined) => void;

interface Rows {
  readonly byId: Map<string, unknown>;
  readonly watchers: Watcher<unknown>[];
}
type Data = Map<string, Rows>;

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
  const data: Data = new Map();
  const file = directory === undefined ? undefined : join(directory, 'journal.ndjson');
  if (directory !== undefined && file !== undefined) {
    mkdirSync(directory, { recursive: true });
    if (existsSync(file)) await replay(file, data);
    compact(file, data);
  }
  return createStore(data, file);
}

function createStore(data: Data, file: string | undefined): Store {
  let open: { changes: Change[]; undo: (() => void)[] } | undefined;

  const record = (change: Change) => {
    if (!open) throw new Error('The state changes only inside a transaction.');
    const [collection, id] = change;
    const before = rowsOf(data, collection).byId.get(id);
    open.undo.push(() => apply(data, [collection, id, before]));
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
    collection: <T>(name: string): Collection<T> => {
      const { byId, watchers } = rowsOf(data, name);
      return {
        get: (id) => byId.get(id) as T | undefined,
        put: (id, value: T) => record([name, id, value]),
        delete: (id) => record([name, id]),
        values: () => [...byId.values()] as T[],
        size: () => byId.size,
        watch(told) {
          watchers.push(told as Watcher<unknown>);
          for (const [id, row] of byId) told(id, undefined, row as T | undefined);
        },
      };
    },
    transaction,
    clear() {
      for (const [name, { byId }] of data) for (const id of byId.keys()) apply(data, [name, id]);
      if (file !== undefined) compact(file, data);
    },
  };
}

function rowsOf(data: Data, collection: string): Rows {
  const known = data.get(collection);
  if (known) return known;
  const rows: Rows = { byId: new Map(), watchers: [] };
  data.set(collection, rows);
  return rows;
}

function apply(data: Data, [collection, id, value]: Change): void {
  const { byId, watchers } = rowsOf(data, collection);
  const before = watchers.length > 0 ? byId.get(id) : undefined;
  if (value === undefined) byId.delete(id);
  else byId.set(id, value);
  for (const told of watchers) told(id, before, value);
}

async function replay(file: string, data: Data): Promise<void> {
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

function compact(file: string, data: Data): void {
  const next = `${file}.next`;
  const handle = openSync(next, 'w', 0o600);
  for (const [collection, { byId }] of data) {
    for (const [id, value] of byId) writeSync(handle, `${JSON.stringify([[collection, id, value]])}\n`);
  }
  closeSync(handle);
  renameSync(next, file);
}
