import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/**
 * What Stripe knows of a school, mirrored: written only from what Stripe answers when it is asked, never from what an event says.
 * `read_at` is when it was asked; an older answer never replaces a newer one. No link, card number or person is kept.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table tenants
      add column access_level text not null default 'full';
    alter table invoices
      add column stripe_subscription_id text,
      add column billing_reason text,
      add column collected_by text,
      add column attempt_count integer not null default 0,
      add column remaining_minor bigint,
      add column issued_at timestamptz,
      add column settled_at timestamptz,
      add column read_at timestamptz;
    create table subscriptions (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      stripe_subscription_id text not null,
      plan text,
      status text not null,
      quantity integer not null,
      period_start timestamptz,
      period_end timestamptz,
      trial_ends_at timestamptz,
      cancel_at timestamptz,
      ended_at timestamptz,
      read_at timestamptz not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, stripe_subscription_id)
    );
    create table payments (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      invoice_id uuid not null,
      stripe_payment_id text not null,
      outcome text not null,
      amount_minor bigint not null,
      refunded_minor bigint not null default 0,
      currency text not null,
      method_id text not null,
      card text not null,
      brand text not null,
      code text,
      decline_code text,
      advice_code text,
      network_decline_code text,
      attempted_at timestamptz not null,
      read_at timestamptz not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, stripe_payment_id),
      foreign key (tenant_id, invoice_id) references invoices (tenant_id, id) on delete cascade
    );
    create index payments_invoice_idx on payments (tenant_id, invoice_id);
    create index payments_card_idx on payments (tenant_id, card, attempted_at);
    create table dunning_policies (
      tenant_id uuid not null references tenants (id) on delete cascade,
      policy_version integer not null,
      policy jsonb not null,
      created_by uuid not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, policy_version)
    );
    create table webhook_events (
      tenant_id uuid not null references tenants (id) on delete cascade,
      vendor text not null,
      id text not null,
      type text not null,
      object_id text,
      customer_id text,
      status text not null default 'stored',
      reason text,
      occurred_at timestamptz not null,
      received_by text not null,
      done_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, vendor, id)
    );
    create index webhook_events_stored_idx on webhook_events (tenant_id, vendor, created_at) where status = 'stored';
    create index webhook_events_done_idx on webhook_events (tenant_id, vendor, done_at) where done_at is not null;
  `);
  for (const table of ['subscriptions', 'payments', 'dunning_policies', 'webhook_events']) await guardTenantTable(knex, table);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['webhook_events', 'dunning_policies', 'payments', 'subscriptions']) await knex.raw(`drop table ${table}`);
  await knex.raw(`
    alter table invoices
      drop column stripe_subscription_id, drop column billing_reason, drop column collected_by, drop column attempt_count,
      drop column remaining_minor, drop column issued_at, drop column settled_at, drop column read_at;
    alter table tenants drop column access_level;
  `);
}
