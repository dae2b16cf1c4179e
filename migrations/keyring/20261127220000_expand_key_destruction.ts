import type { Knex } from 'knex';

/** What planners sample they keep as it is: of columns that must leave every file when a person's key is destroyed they may sample nothing. */
const secret = {
  subject_keys: ['subject_id', 'wrapped_key'],
  index_keys: ['wrapped_key'],
  payload_keys: ['wrapped_key'],
  blind_indexes: ['hmac', 'subject_id', 'source_digest'],
};

/**
 * How destroyed keys leave memory and files. `key_generation` counts destructions, so that whoever holds keys in memory can see that it
 * has missed one. `rewrite_key_tables` writes the tables anew, without dead rows: VACUUM FULL would need their owner, CLUSTER does the
 * same work and may be lent as a function. The role keyring_shredder may run it, and note what it did; it reads no key.
 */
export async function up(knex: Knex): Promise<void> {
  for (const [table, columns] of Object.entries(secret))
    for (const column of columns) {
      await knex.raw('alter table ?? alter column ?? set statistics 0', [table, column]);
    }
  await knex.raw(`
    create table key_generation (
      single boolean primary key default true check (single),
      generation bigint not null
    );
    insert into key_generation (generation) values (0);
    grant select, update on key_generation to keyring_app;

    create table key_shreddings (
      ordinal bigint generated always as identity primary key,
      begun_at timestamptz not null default clock_timestamp(),
      ended_at timestamptz,
      rounds integer,
      lsn pg_lsn
    );
    grant usage on schema public to keyring_shredder;
    grant select, insert, update on key_shreddings to keyring_shredder;

    create function rewrite_key_tables() returns void language plpgsql security definer
      set search_path = pg_catalog, public, pg_temp as $$
    begin
      cluster public.blind_indexes using blind_indexes_pkey;
      cluster public.subject_keys using subject_keys_pkey;
      cluster public.index_keys using index_keys_pkey;
      cluster public.payload_keys using payload_keys_pkey;
    end $$;
    revoke execute on function rewrite_key_tables() from public;
    grant execute on function rewrite_key_tables() to keyring_shredder;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop function rewrite_key_tables(); drop table key_shreddings; drop table key_generation;');
  for (const [table, columns] of Object.entries(secret))
    for (const column of columns) {
      await knex.raw('alter table ?? alter column ?? set statistics -1', [table, column]);
    }
}
