import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Knex } from 'knex';
import { invoiceStatusOf } from '../domain/dunning/facts.ts';
import type { InvoiceStatus } from '../domain/dunning/history.ts';
import { dunningLetter } from '../domain/dunning/letters.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { openContact } from '../platform/billing-contacts.ts';
import { atOnceInTenant } from '../platform/database.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { Mail } from '../platform/mail.ts';
import type { Tenant } from '../platform/models/tenant.ts';
import type { Statement } from '../platform/transaction.ts';
import { type Billed, billedStatement } from './support/billed-invoice.ts';
import { effectsStatement, standingIn } from './support/effects.ts';
import { heedingErasures } from '../platform/privacy/suppressed-mail.ts';
import { keepAlive } from './support/keep-alive.ts';
import { once } from './support/once.ts';
import { onQueue } from './support/on-queue.ts';

/** What a bill is at this moment, and where it is paid. */
interface Bill {
  readonly status: string;
  readonly url: string | null;
  readonly number: string | null;
  readonly remainingMinor: number;
  readonly currency: string;
}
export interface DunningMailDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
  readonly mail: Mail;
  /** One question to Stripe for each mail: the link is kept nowhere. This queue's rate is far below Stripe's, so it needs no turn on Stripe's. */
  readonly billing: { readonly readBill: (stripeInvoiceId: string) => Promise<Bill | undefined> };
}
interface OfInvoice {
  readonly tenantId: string;
  /** The platform's. */
  readonly invoiceId: string;
}
/** A mail of a policy to one contact: sent once. */
interface Letter {
  readonly step: string;
  readonly contact: string;
}
export interface SendDunningMailInput extends OfInvoice, Letter {
  readonly template: string;
}
export interface DunningMailSent {
  /** settled: nothing was sent, for nothing is owed. unreachable: no mail reaches the contact. */
  readonly outcome: 'sent' | 'settled' | 'unreachable';
  readonly status: InvoiceStatus;
}

/** What stands for the vendor's id of a mail it would not take. */
const refused = 'refused';
const keyOf = ({ invoiceId, step, contact }: OfInvoice & Letter): string => `dunning:${invoiceId}:${step}:${contact}`;

export const createDunningMailActivities = (deps: DunningMailDeps) =>
  onQueue(taskQueues.sendgrid, {
    /**
     * Safe to retry: the mail's intention is written down before it is sent, and one without an outcome is asked for at SendGrid first.
     * Stripe is asked just before: nobody who has paid is written to.
     */
    async sendDunningMail(input: SendDunningMailInput): Promise<DunningMailSent> {
      const { keyring, mail } = deps;
      const key = keyOf(input);
      const { billed, known, tenant } = await standingOf(deps, input, key);
      const bill = billed && (await deps.billing.readBill(billed.stripe_invoice_id));
      const status = invoiceStatusOf(bill?.status);
      if (!known && status !== 'open') return { outcome: 'settled', status };
      const letter = bill && tenant && (await write(deps, input, bill, tenant));
      if (!letter) return { outcome: 'unreachable', status };
      const effect = { tenantId: input.tenantId, key, vendor: 'sendgrid', operation: 'send-dunning-mail' };
      const ask = async (since: Date): Promise<string | undefined> => {
        // What an attempt that died has sent shows only after a while: until then a "no" means nothing.
        const left = since.getTime() + mail.activityLagSeconds * 1000 - Date.now();
        await sleep(Math.max(left, 0), undefined, { signal: Context.current().cancellationSignal });
        return mail.findByDedupKey(key);
      };
      const act = async (): Promise<string> => {
        const sent = await heedingErasures(keyring, input.tenantId, mail).send({ ...letter, dedupKey: key, category: 'dunning' });
        return 'refused' in sent ? refused : sent.messageId;
      };
      const ref = await keepAlive(undefined, () => once(deps, effect, { ask, act }));
      return { outcome: ref === refused ? 'unreachable' : 'sent', status };
    },
    /** Safe to retry: it only asks. Which contacts a mail of ours did not reach, as far as SendGrid shows it yet. */
    async findBounces({
      tenantId,
      invoiceId,
      letters,
    }: OfInvoice & { readonly letters: readonly Letter[] }): Promise<{ contacts: string[] }> {
      const contacts = new Set<string>();
      for (const letter of letters) {
        if (contacts.has(letter.contact)) continue;
        if (await deps.mail.isUndelivered(keyOf({ tenantId, invoiceId, ...letter }))) contacts.add(letter.contact);
      }
      return { contacts: [...contacts] };
    },
  });
export type DunningMailActivities = ReturnType<typeof createDunningMailActivities>;

type School = Pick<Tenant, 'name' | 'locale'>;
const schoolStatement = (tenantId: string): Statement => ({
  text: 'select name, locale from tenants where id = $1',
  values: [tenantId],
  name: 'school of a dunning mail',
});

/** What is known here before anybody is asked. */
async function standingOf({ knex }: DunningMailDeps, { tenantId, invoiceId }: OfInvoice, key: string) {
  const asked = [billedStatement(tenantId, invoiceId), effectsStatement(tenantId, [key]), schoolStatement(tenantId)];
  const [invoices = [], effects = [], schools = []] = await atOnceInTenant(knex, tenantId, asked);
  const [[billed], [tenant]] = [invoices as Billed[], schools as School[]];
  return { billed, tenant, known: standingIn(effects) };
}

/** The mail as it goes out: personal data and the link in clear, so never stored, logged or returned. */
async function write(deps: DunningMailDeps, { tenantId, contact, template }: SendDunningMailInput, bill: Bill, tenant: School) {
  const opened = await openContact(deps, tenantId, contact);
  if (!opened || !bill.url) return undefined;
  const text = dunningLetter({
    template,
    schoolName: tenant.name,
    displayName: opened.name,
    invoiceNumber: bill.number,
    amountMinor: bill.remainingMinor,
    currency: bill.currency,
    link: bill.url,
    locale: opened.locale ?? tenant.locale,
  });
  return { to: { email: opened.email, ...(opened.name ? { name: opened.name } : {}) }, ...text };
}
