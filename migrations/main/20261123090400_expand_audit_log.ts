import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/**
 * Append-only, one hash chain a tenant. The database itself links the chain: a trigger, owned by the owner, takes the
 * tenant's head under lock, so the app can neither choose a hash nor skip a number. It holds ids and digests, no personal data:
 * action and type are words of ours, which also keeps '|' out of what is hashed. `pg_temp` comes last in the function's path,
 * or a temporary table named audit_heads would be taken for the real one; nobody may put the function on a table of theirs; and
 * a known id is refused before the head moves, as ON CONFLICT DO NOTHING would leave a gap. Tenants go, their log stays: no
 * foreign key.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table audit_log (
      tenant_id uuid not null,
      seq bigint not null,
      id uuid not null,
      at timestamptz not null,
      actor_id uuid,
      on_behalf_of uuid,
      action text not null,
      object_type text not null,
      object_id uuid,
      request_id uuid,
      run_id uuid,
      before_digest bytea,
      after_digest bytea,
      previous_hash bytea not null,
      hash bytea not null,
      primary key (tenant_id, seq),
      unique (tenant_id, id),
      check (action ~ '^[a-z0-9_.:-]{1,80}$' and object_type ~ '^[a-z0-9_.:-]{1,80}$')
    );
    create table audit_heads (
      tenant_id uuid primary key,
      seq bigint not null,
      hash bytea not null
    );
    create function audit_log_link() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
    declare head audit_heads%rowtype;
    begin
      if new.tenant_id is distinct from nullif(current_setting('app.tenant_id', true), '')::uuid then
        raise exception 'audit entry of another tenant' using errcode = '42501';
      end if;
      insert into audit_heads values (new.tenant_id, 0, '\\x') on conflict do nothing;
      select * into head from audit_heads where tenant_id = new.tenant_id for update;
      if exists (select from audit_log where tenant_id = new.tenant_id and id = new.id) then
        raise exception 'audit entry exists' using errcode = '23505';
      end if;
      new.seq := head.seq + 1;
      new.at := date_trunc('milliseconds', clock_timestamp());
      new.previous_hash := head.hash;
      new.hash := sha256(head.hash || convert_to(concat_ws('|', new.tenant_id, new.seq, new.id,
        to_char(new.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        coalesce(new.actor_id::text, ''), coalesce(new.on_behalf_of::text, ''), new.action, new.object_type, coalesce(new.object_id::text, ''),
        coalesce(new.request_id::text, ''), coalesce(new.run_id::text, ''),
        coalesce(encode(new.before_digest, 'hex'), ''), coalesce(encode(new.after_digest, 'hex'), '')), 'UTF8'));
      update audit_heads set seq = new.seq, hash = new.hash where tenant_id = new.tenant_id;
      return new;
    end $$;
    create trigger audit_log_link before insert on audit_log for each row execute function audit_log_link();
    revoke execute on function audit_log_link() from public;
  `);
  await guardTenantTable(knex, 'audit_log', { touch: false });
  await guardTenantTable(knex, 'audit_heads', { touch: false });
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table audit_log; drop table audit_heads; drop function audit_log_link();');
}
