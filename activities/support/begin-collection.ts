import type { Knex } from 'knex';
import { beginHistory, type InvoiceHistory } from '../../domain/dunning/history.ts';
import { day, type Instant } from '../../domain/dunning/instant.ts';
import { accessLevels, type AccessLevel, type DunningPolicy } from '../../domain/dunning/policy.ts';
import { recordEvent } from '../../domain/dunning/history.ts';
import { zoneOffsets } from '../../domain/dunning/zone.ts';
import { inTenant } from '../../platform/database.ts';
import { presentPolicy } from '../../platform/dunning/present-policy.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import type { Billed } from './billed-invoice.ts';
import { type Asked, factsOf, unpaidSince } from './collection-facts.ts';

/** The policy a run begins with, and all that is known when it begins: its days count from `now`, so every step has its notice. */
export async function beginningOf(
  knex: Knex,
  billed: Billed,
  asked: Asked,
  now: Instant,
): Promise<{ policy: DunningPolicy; history: InvoiceHistory }> {
  const { policy, tenant, unpaid } = await inTenant(knex, billed.tenant_id, async (trx) => ({
    policy: await presentPolicy(trx, billed.tenant_id),
    tenant: await Tenant.query(trx).findById(billed.tenant_id).throwIfNotFound(),
    unpaid: await unpaidSince(trx, billed, asked.invoice),
  }));
  const facts = await factsOf(knex, billed, asked, now);
  const { remainingMinor: amountMinor, currency } = asked.invoice;
  const longest = (policy.writeOff.day + policy.maxPauseDays + policy.pendingDays + 60) * day;
  const history = beginHistory({
    invoice: { id: billed.id, amountMinor, currency },
    since: now,
    ...(unpaid === undefined ? {} : { unpaidSince: unpaid }),
    zone: zoneOffsets(tenant.time_zone, now - 2 * day, now + longest),
    tags: asked.payer.tags,
    contacts: facts.contacts,
    methods: facts.methods,
    attempts: facts.attempts.map((attempt) => ({ ...attempt, at: Math.min(attempt.at, now) })),
    elsewhere: facts.elsewhere,
    degraded: levelsReached(tenant.access_level).map((to) => ({ to, at: now - 1 })),
  });
  const found = recordEvent(history, { type: 'invoice-changed', status: facts.status });
  return { policy, history: found };
}

/** An older invoice's run may have brought the school down already. */
const levelsReached = (level: AccessLevel) =>
  accessLevels.slice(1, accessLevels.indexOf(level) + 1).filter((reached): reached is Exclude<AccessLevel, 'full'> => reached !== 'full');

export const setCollector = (knex: Knex, { id, tenant_id: tenantId }: Billed, owner: DunningPolicy['owner']): Promise<void> =>
  inTenant(knex, tenantId, async (trx) => {
    await Invoice.query(trx)
      .where({ tenant_id: tenantId, id })
      .whereRaw('collected_by is distinct from ?', [owner])
      .patch({ collected_by: owner });
  });
