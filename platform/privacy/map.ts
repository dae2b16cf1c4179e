import type { Knex } from 'knex';
import type { PiiType } from '../../domain/pii.ts';
import { erasureOrder, type Reference } from '../../domain/privacy/order.ts';
import { type Empty, type Handling, kindsByTable, type PlaceName, systems, tables } from './places.ts';

export interface Place {
  readonly name: string;
  readonly kind: 'table' | 'system';
  readonly cluster?: 'main' | 'keyring';
  readonly holds: readonly PiiType[];
  readonly handling: Handling | Empty;
  /** Tables it refers to: they are erased after it. */
  readonly refersTo: readonly string[];
}
export interface DataMap {
  readonly places: readonly Place[];
  /** What may hold something of a person, in the order it is erased in. Access goes the other way. */
  readonly order: readonly PlaceName[];
  /** Tables that nobody has put on the map. */
  readonly unknown: readonly string[];
}
interface Clusters {
  readonly main: Knex;
  readonly keyring: Knex;
}

// From the live catalogue, so that a foreign key that a migration adds is heeded at once.
const catalogue = `
  select c.relname as name, coalesce(array_agg(distinct p.relname) filter (where p.relname is not null), '{}')::text[] as parents
  from pg_class c left join pg_constraint f on f.conrelid = c.oid and f.contype = 'f' left join pg_class p on p.oid = f.confrelid
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname not like 'knex_migrations%'
  group by c.relname order by c.relname`;

const read = async (knex: Knex): Promise<readonly { name: string; parents: string[] }[]> =>
  (await knex.raw<{ rows: { name: string; parents: string[] }[] }>(catalogue)).rows;

/**
 * Vendors first: what they know is found by what our rows say, and keys last, for they open the rows. Between them the tables, whatever
 * refers to another before it. A person's account is asked for through memberships, so it comes after them.
 */
const first = ['stripe', 'sendgrid', 'roblox', 'redis', 'temporal', 'break_glass_accesses', 'sealed_inputs', 'uploads'] as const;
const last = ['people', 'accounts', 'subject_keys', 'blind_indexes'] as const;
const afterwards: readonly Reference[] = [
  ...[...first, 'privacy_exports', 'exports_bucket', 'roblox_erasure_requests', 'uploads_bucket'].flatMap((from) =>
    last.map((to) => ({ from, to })),
  ),
  { from: 'memberships', to: 'accounts' },
  { from: 'people', to: 'accounts' },
  { from: 'accounts', to: 'subject_keys' },
  { from: 'subject_keys', to: 'blind_indexes' },
  { from: 'uploads', to: 'uploads_bucket' },
  { from: 'privacy_exports', to: 'exports_bucket' },
  // A backup is over when it has expired: that is waited for once the keys are gone.
  ...(['backups_main', 'backups_keyring'] as const).map((to) => ({ from: 'blind_indexes', to })),
];

const isEmpty = (handling: Handling | Empty): handling is Empty => 'none' in handling;

/** The map of everything that may hold a person's data, of the clusters as they are now. */
export async function readDataMap({ main, keyring }: Clusters): Promise<DataMap> {
  const kinds = await kindsByTable();
  const described: Readonly<Record<string, Handling | Empty>> = tables;
  const live = [
    ...(await read(main)).map((table) => ({ ...table, cluster: 'main' as const })),
    ...(await read(keyring)).map((table) => ({ ...table, cluster: 'keyring' as const })),
  ];
  const places: Place[] = live.flatMap(({ name, parents, cluster }) => {
    const handling = described[name];
    return handling ? [{ name, kind: 'table' as const, cluster, holds: kinds.get(name) ?? [], handling, refersTo: parents }] : [];
  });
  for (const [name, { ...handling }] of Object.entries(systems)) {
    const holds = 'holds' in handling ? handling.holds : [];
    places.push({ name, kind: 'system', holds, handling, refersTo: [] });
  }
  const references = places.flatMap(({ name: from, refersTo }) => refersTo.map((to) => ({ from, to })));
  const holding = places.filter(({ handling }) => !isEmpty(handling)).map(({ name }) => name);
  const given = [...first, ...holding.filter((name) => !(first as readonly string[]).includes(name))];
  return {
    places,
    order: erasureOrder(given, [...references, ...afterwards]) as PlaceName[],
    unknown: live.filter(({ name }) => !(name in described)).map(({ name }) => name),
  };
}
