import type { Knex } from 'knex';

/**
 * What an import must respect. `rectified_fields`: columns that a person had corrected, which a roster does not write any more;
 * `rectified_by`: the run that did so last. `restricted_by`: the run that holds the data back (GDPR Art. 18), null as a rule.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table people
      add column rectified_fields text[] not null default '{}',
      add column rectified_by uuid,
      add column restricted_by uuid,
      add column restricted_at timestamptz`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table people
      drop column rectified_fields, drop column rectified_by, drop column restricted_by, drop column restricted_at`);
}
