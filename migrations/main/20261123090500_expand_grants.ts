import type { Knex } from 'knex';

/** The app's role reads and writes rows, and no more: it owns nothing, cannot bypass row security, cannot rewrite the audit log. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    revoke create on schema public from public;
    grant usage on schema public to toolbox_app;
    alter default privileges in schema public grant select, insert, update, delete on tables to toolbox_app;
    grant select, insert, update, delete on all tables in schema public to toolbox_app;
    revoke all on audit_log, audit_heads from toolbox_app;
    grant select, insert on audit_log to toolbox_app;
    grant select on audit_heads to toolbox_app;
    revoke all on knex_migrations, knex_migrations_lock from toolbox_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    revoke all on all tables in schema public from toolbox_app;
    alter default privileges in schema public revoke all on tables from toolbox_app;
  `);
}
