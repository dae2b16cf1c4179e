import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Knex } from 'knex';
import { invoiceStatusOf } from '../../domain/dunning/facts.ts';
import { VendorKeySpentError, VendorRefusedError, VendorUnavailableError } from '../../domain/errors.ts';
import type { Billing } from '../../platform/billing.ts';
import type { ChargeMade } from '../../platform/billing/collection.ts';
import { atOnceInTenant, inTenant } from '../../platform/database.ts';
import { Effect } from '../../platform/models/effect.ts';
import { Payment } from '../../platform/models/payment.ts';
import { type Billed, billedStatement } from './billed-invoice.ts';
import { effectOf, effectsStatement, type Standing, standingIn } from './effects.ts';
import { once } from './once.ts';

export interface ChargingDeps {
  readonly knex: Knex;
  readonly billing: Billing;
  /** How long a request whose answer was lost may still be under way at Stripe, ms: its time limit and some. */
  readonly underWayMs: number;
}
export interface Charging {
  readonly billed: Billed;
  readonly methodId: string;
  readonly attempt: number;
  /** How it stands: absent when it was never tried. */
  readonly standing?: Standing | undefined;
}
interface ToCharge extends Pick<Charging, 'methodId' | 'attempt'> {
  readonly tenantId: string;
  readonly invoiceId: string;
}

/** From this attempt of the activity on one without an answer is given up: when to go on is for the policy to say, and not for retries. */
const patienceAttempts = 5;
/** What stands for Stripe's id of a charge that was never made: nobody was reached, or the code of a refusal. */
export const unavailable = 'unavailable';
export const refusal = 'refused:';

const keyOf = (invoiceId: string, attempt: number): string => `charge:${invoiceId}:${attempt}`;

/** The invoice, and how this attempt stands. Undefined when there is no such invoice (any more). */
export async function findCharging(knex: Knex, { tenantId, invoiceId, methodId, attempt }: ToCharge): Promise<Charging | undefined> {
  const asked = [billedStatement(tenantId, invoiceId), effectsStatement(tenantId, [keyOf(invoiceId, attempt)])];
  const [invoices = [], effects = []] = await atOnceInTenant(knex, tenantId, asked);
  const [billed] = invoices as Billed[];
  return billed && { billed, methodId, attempt, standing: standingIn(effects) };
}

/** Charges once, however often it is tried. Resolves to what stands for the charge; undefined when there is nothing to charge. */
export async function chargeOnce(deps: ChargingDeps, charging: Charging): Promise<string | undefined> {
  const { knex } = deps;
  const { tenant_id: tenantId, id } = charging.billed;
  const effect = { tenantId, key: keyOf(id, charging.attempt), vendor: 'stripe', operation: 'charge-invoice' };
  if (!charging.standing && !(await isToBeCharged(deps, charging.billed))) return undefined;
  try {
    return await once({ knex }, effect, {
      ask: (since) => findCharge(deps, charging, since),
      act: (idempotencyKey) => chargeOrGiveUp(deps, charging, effect.key, idempotencyKey),
    });
  } catch (error) {
    if (!(error instanceof VendorRefusedError)) throw error;
    return refusedRef(deps, charging, error);
  }
}

async function isToBeCharged({ billing }: ChargingDeps, { stripe_invoice_id: id }: Billed): Promise<boolean> {
  const bill = await billing.readBill(id);
  if (!bill || invoiceStatusOf(bill.status) !== 'open') return false;
  await takeRetries(billing, id, bill);
  return true;
}

/** Two must never charge: resolves when Stripe has confirmed that it does not by itself. */
export async function takeRetries(billing: Billing, id: string, { autoAdvance }: { readonly autoAdvance: boolean }): Promise<void> {
  if (autoAdvance && !(await billing.takeRetries(id))) throw new VendorUnavailableError('Stripe', 'auto_advance is still on');
}

async function chargeOrGiveUp(deps: ChargingDeps, charging: Charging, key: string, idempotencyKey: string): Promise<string> {
  const { billed, methodId } = charging;
  try {
    return refOf(await deps.billing.chargeInvoice({ invoiceId: billed.stripe_invoice_id, methodId, idempotencyKey }));
  } catch (error) {
    const unanswered = error instanceof VendorUnavailableError || error instanceof VendorKeySpentError;
    const { attempt } = Context.current().info;
    if (!unanswered || attempt < patienceAttempts) throw error;
    // A request that was cut off may arrive after its caller has given up: a "no" counts only when it still holds then.
    await sleep(deps.underWayMs, undefined, { signal: Context.current().cancellationSignal });
    const standing = await effectOf(deps.knex, billed.tenant_id, key);
    if (standing?.state !== 'unclear') throw error;
    return (await findCharge(deps, charging, standing.requestedAt)) ?? unavailable;
  }
}
const refOf = (made: ChargeMade): string => ('chargeId' in made ? made.chargeId : `${refusal}${made.declineCode}`);

// Stripe's times are whole seconds, by its own clock.
const clockSlackMs = 60_000;

/** A charge with this method that was not known when the attempt was written down, and that no attempt of ours accounts for. */
async function findCharge({ knex, billing }: ChargingDeps, { billed, methodId }: Charging, since: Date): Promise<string | undefined> {
  const others = await otherCharges(knex, billed, since);
  const invoice = await billing.readInvoice(billed.stripe_invoice_id);
  const from = since.getTime() - clockSlackMs;
  return invoice?.payments.findLast(
    (payment) => payment.methodId === methodId && Date.parse(payment.attemptedAt) >= from && !others.has(payment.id),
  )?.id;
}

const otherCharges = (knex: Knex, { tenant_id: tenantId, id }: Billed, since: Date): Promise<ReadonlySet<string>> =>
  inTenant(knex, tenantId, async (trx) => {
    const ours = await Effect.query(trx)
      .where({ tenant_id: tenantId, status: 'done' })
      .where('key', 'like', `charge:${id}:%`)
      .select('vendor_ref');
    const before = await Payment.query(trx)
      .where({ tenant_id: tenantId, invoice_id: id })
      .where('created_at', '<=', since)
      .select('stripe_payment_id');
    return new Set([...ours.flatMap(({ vendor_ref: ref }) => ref ?? []), ...before.map((row) => row.stripe_payment_id)]);
  });

/** Stripe will not charge: because nothing is owed any more, or the method is gone; else it is an answer like a bank's. */
async function refusedRef(
  { billing }: ChargingDeps,
  { billed, methodId }: Charging,
  error: VendorRefusedError,
): Promise<string | undefined> {
  const { invoice, payer } = (await billing.readOwed(billed.stripe_invoice_id)) ?? {};
  if (!invoice || !payer || invoiceStatusOf(invoice.status) !== 'open' || !payer.methods.some(({ id }) => id === methodId))
    return undefined;
  const code = error.details?.['vendorCode'];
  return `${refusal}${typeof code === 'string' ? (code.split(' ').at(-1) ?? '') : 'unknown'}`;
}
