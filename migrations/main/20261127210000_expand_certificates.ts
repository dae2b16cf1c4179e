import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/**
 * Certificates, signed: written once. The app's role may add one and read it; not even the owner changes or removes one without taking
 * the trigger away first. A tenant goes, the proof of what was done for its people stays: no foreign key. Heads of audit logs are visible
 * to the platform, so that the logs of tenants that are gone are verified, too: an id, a number and a hash.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table certificates (
      id uuid not null,
      tenant_id uuid not null,
      request_id uuid not null,
      kind text not null,
      document jsonb not null,
      key_version integer not null,
      issued_at timestamptz not null,
      primary key (tenant_id, id),
      unique (tenant_id, request_id, kind)
    );
    create function refuse_rewriting() returns trigger language plpgsql set search_path = pg_catalog as $$
    begin
      raise exception '% is written once', tg_table_name using errcode = '42501';
    end $$;
    create trigger certificates_once before update or delete or truncate on certificates execute function refuse_rewriting();
    revoke execute on function refuse_rewriting() from public;
  `);
  await guardTenantTable(knex, 'certificates', { touch: false });
  await knex.raw(`
    revoke all on certificates from toolbox_app;
    grant select, insert on certificates to toolbox_app;
    alter policy audit_heads_read on audit_heads using (
      tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'platform');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter policy audit_heads_read on audit_heads using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
    drop table certificates;
    drop function refuse_rewriting();
  `);
}
