import type { Knex } from 'knex';
import type { Billing } from '../../platform/billing.ts';
import { forgetInvoice, mirrorInvoice, mirrorSubscription } from '../../platform/billing-mirror.ts';
import { collectionsOf, invoicesOfCharges, schoolsOf } from '../../platform/billing-look-ups.ts';
import type { CountedName } from '../../platform/webhook-events.ts';
import type { Pace } from './pace.ts';

export interface RefreshDeps {
  readonly knex: Knex;
  readonly billing: Billing;
  readonly pace: Pace;
}
/** What the events of a page say may have changed of one school. */
export interface Group {
  readonly tenantId: string;
  readonly customerId: string;
  /** As the events do. */
  readonly named: readonly CountedName[];
}
/** An invoice that a run of collect-payment sees to, or is to see to. */
export interface Moved {
  readonly tenantId: string;
  /** The platform's. */
  readonly invoiceId: string;
  readonly needsCollection: boolean;
}

/** What events name by the school it is about, in the order of the first of each; what is about nobody we know apart. */
export async function groupNamed(
  { knex, billing, pace }: RefreshDeps,
  all: readonly CountedName[],
): Promise<{ groups: Group[]; strangers: CountedName[] }> {
  const owned: { named: CountedName; customerId: string | undefined }[] = [];
  for (const named of all) {
    const { objectId, customerId } = named;
    const asked = customerId === null && isCharge(objectId);
    if (asked) await pace(1);
    owned.push({ named, customerId: asked ? await billing.customerOfCharge(objectId) : (customerId ?? undefined) });
  }
  const schools = await schoolsOf(knex, [...new Set(owned.flatMap(({ customerId }) => customerId ?? []))]);
  const groups = new Map<string, { tenantId: string; customerId: string; named: CountedName[] }>();
  const strangers: CountedName[] = [];
  for (const { named, customerId = '' } of owned) {
    const tenantId = schools.get(customerId);
    if (tenantId === undefined) {
      strangers.push(named);
      continue;
    }
    const group = groups.get(customerId) ?? { tenantId, customerId, named: [] };
    groups.set(customerId, group);
    group.named.push(named);
  }
  return { groups: [...groups.values()], strangers };
}

const isCharge = (id: string | null): id is string => id !== null && /^(?:ch|py)_/.test(id);

/**
 * Reads what a group names, each once, and writes it into the mirror. Answers the invoices of the school whose collection it may concern:
 * any change does, of another card too.
 */
export async function refreshGroup(deps: RefreshDeps, { tenantId, customerId, named }: Group): Promise<Moved[]> {
  const { knex, billing, pace } = deps;
  const ids = [...new Set(named.flatMap(({ objectId }) => objectId ?? []))];
  const ofCharges = await invoicesOfCharges(knex, tenantId, ids.filter(isCharge));
  for (const id of ids.filter((each) => each.startsWith('sub_'))) {
    await pace(1);
    const read = await billing.readSubscription(id);
    if (read) await mirrorSubscription(knex, tenantId, read);
  }
  const invoiceIds = [...new Set([...ids.filter((id) => id.startsWith('in_')), ...ofCharges])];
  const mirrored = await refreshInvoices(deps, tenantId, customerId, invoiceIds);
  return (await collectionsOf(knex, tenantId, mirrored)).map((invoice) => ({ tenantId, ...invoice }));
}

/** From so many on, listing them takes fewer requests. */
const several = 3;

async function refreshInvoices(
  { knex, billing, pace }: RefreshDeps,
  tenantId: string,
  customerId: string,
  ids: readonly string[],
): Promise<{ invoiceId: string; needsCollection: boolean }[]> {
  const listed = ids.length >= several;
  if (listed) await pace(2);
  const reads = new Map((listed ? await billing.readInvoicesOf(customerId, ids) : []).map((read) => [read.id, read]));
  const mirrored = [];
  for (const id of ids) {
    if (!reads.has(id)) await pace(2);
    // What the list of the customer's does not have was deleted, or never was the customer's.
    const read = reads.get(id) ?? (await billing.readInvoice(id));
    if (!read) await forgetInvoice(knex, tenantId, id);
    else if (read.customerId === customerId) mirrored.push(await mirrorInvoice(knex, tenantId, read));
  }
  return mirrored;
}
