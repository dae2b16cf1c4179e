import { rowsOf, wholeDatabase } from './databases.ts';
import type { Platform } from './platform.ts';

const sql = `
  do $$
  declare at record;
  begin
    for at in select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attstorage in ('x', 'm') and a.attnum > 0 and not a.attisdropped
    loop
      execute format('alter table %I alter column %I set storage external', at.relname, at.attname);
    end loop;
  end $$`;

/**
 * Lets PostgreSQL compress no value of the product from now on. What is in a table can be asked for, but rows that are dead, and the WAL, can
 * only be read as they lie in files: so they are legible there.
 */
export async function writeLegibly({ up }: Pick<Platform, 'up'>): Promise<void> {
  for (const cluster of [up.postgres, up.keyring]) await rowsOf(wholeDatabase(cluster), sql);
}
