import type { Knex } from 'knex';

export interface Column {
  readonly name: string;
  /** As PostgreSQL prints it, e.g. `text[]`, `timestamp with time zone`. */
  readonly type: string;
  readonly required: boolean;
}
export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
}
export interface Table {
  readonly name: string;
  readonly owner: string;
  readonly secured: boolean;
  readonly forced: boolean;
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly uniques: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** What the role of the connection may do: `SELECT`, `INSERT`, `UPDATE`, `DELETE`. */
  readonly privileges: readonly string[];
}

const names = (numbers: string, of: string): string =>
  `(select array_agg(a.attname::text order by o) from unnest(${numbers}) with ordinality as k (n, o) join pg_attribute a on a.attrelid = ${of} and a.attnum = k.n)`;

const query = `
  select c.relname as name, pg_get_userbyid(c.relowner) as owner, c.relrowsecurity as secured, c.relforcerowsecurity as forced,
    (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull and not a.atthasdef) order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    coalesce((select json_agg(json_build_object('name', f.conname, 'columns', ${names('f.conkey', 'f.conrelid')},
       'parent', p.relname, 'parentColumns', ${names('f.confkey', 'f.confrelid')}))
       from pg_constraint f join pg_class p on p.oid = f.confrelid where f.conrelid = c.oid and f.contype = 'f'), '[]') as "foreignKeys",
    coalesce((select json_agg(json_build_object('name', x.relname, 'columns', ${names('i.indkey::int2[]', 'c.oid')}))
       from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisunique), '[]') as uniques,
    array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p where has_table_privilege(c.oid, p)) as privileges
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`;

/** Every table of a live database, as its own catalogue describes it. */
export async function readCatalogue(database: Knex): Promise<readonly Table[]> {
  const { rows } = await database.raw<{ rows: Table[] }>(query);
  return rows;
}

/** A table that holds rows of tenants: found by its column, not listed. The registry of tenants is one of them. */
export const isTenantTable = ({ name, columns }: Table): boolean =>
  name === 'tenants' || columns.some((column) => column.name === 'tenant_id');
export const tenantColumn = (table: Table): string => (table.name === 'tenants' ? 'id' : 'tenant_id');
