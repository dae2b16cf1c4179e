import { createStripe } from '../../../platform/stripe.ts';
import { connectControl } from '../../../sandboxes/support/control-client.ts';
import { vendors } from '../../../stack/parts/sandbox.ts';
import { play, universeId } from '../../support/roblox-school.ts';
import type { Person } from '../person.ts';
import type { Platform } from '../platform.ts';

const stripeOf = ({ up }: Platform) =>
  createStripe({ secretKey: vendors.stripe.keys.STRIPE_SECRET_KEY, apiBase: String(up.sandboxes['stripe']?.url) });

/** Everything Stripe tells of a school's customer and cards, as text. */
async function toldByStripe(platform: Platform, tenantId: string): Promise<string> {
  const stripe = stripeOf(platform);
  const told: unknown[] = [];
  for await (const customer of stripe.customers.list({ limit: 100 }))
    if (customer.metadata['tenant_id'] === tenantId) {
      told.push(customer);
      for await (const card of stripe.customers.listPaymentMethods(customer.id, { limit: 100 })) told.push(card);
    }
  return JSON.stringify(told);
}

/** The person pays for their school, on Stripe's own pages: there they say who they are, and with whose card. */
export async function payAsThemselves(person: Person, platform: Platform, tenantId: string): Promise<void> {
  const stripe = stripeOf(platform);
  const { name, email, phone, address: line1 } = person;
  const customers = await stripe.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  const school = customers.find(({ metadata }) => metadata['tenant_id'] === tenantId);
  if (!school) throw new Error('The school is no customer of Stripe.');
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: school.id });
  const details = { name, email, phone, address: { line1, country: 'DE' } };
  await stripe.paymentMethods.update(card.id, { billing_details: details });
  await stripe.customers.update(school.id, { ...details, invoice_settings: { default_payment_method: card.id } });
  const bill = await stripe.invoices.create({ customer: school.id, auto_advance: false });
  await stripe.invoiceItems.create({ customer: school.id, invoice: bill.id, amount: 4_900, currency: 'usd' });
  await stripe.invoices.finalizeInvoice(bill.id, { auto_advance: false });
  await stripe.invoices.pay(bill.id);
}

const store = 'Players';
const entryOf = ({ roblox_user_id: number }: Person): string => `user_${number}`;

/** The person plays: an experience keeps how far they are. */
export const playOnRoblox = (person: Person, { up }: Platform): Promise<void> =>
  play(String(up.sandboxes['roblox']?.url), store, entryOf(person));

async function isPlayer(person: Person, { up }: Platform): Promise<boolean> {
  const path = `/cloud/v2/universes/${universeId}/data-stores/${store}/entries/${entryOf(person)}`;
  const { status } = await fetch(new URL(path, up.sandboxes['roblox']?.url), { headers: { 'x-api-key': 'game' } });
  if (status !== 200 && status !== 404) throw new Error(`The sandbox answered ${status}.`);
  return status === 200;
}

/** The next mail and the next reading of a bill fail at the vendor, who says of whom they are: what he says must not be kept. */
export async function failTalkatively({ name, email, phone }: Person, { up }: Platform): Promise<void> {
  const message = `${name} <${email}>, ${phone}: something went wrong`;
  const fault = { kind: 'status', status: 500, headers: { 'retry-after': '1' } } as const;
  await connectControl(String(up.sandboxes.sendgrid?.url)).addFault({
    ...fault,
    method: 'POST',
    path: '/v3/mail/send',
    body: { errors: [{ message, field: null }] },
  });
  await connectControl(String(up.sandboxes['stripe']?.url)).addFault({
    ...fault,
    method: 'GET',
    path: '/v1/invoices*',
    body: { error: { type: 'api_error', message } },
  });
}

/** How many mails the person has. */
export async function mailsTo({ email }: Person, { up }: Platform): Promise<number> {
  const response = await fetch(`${up.sandboxes.sendgrid?.url}/_sandbox/messages?to=${encodeURIComponent(email)}`);
  return ((await response.json()) as { messages: readonly unknown[] }).messages.length;
}

/** What vendors still say of the person: nothing, when they were made to forget. Each answer names a vendor and a mark. */
export async function knownToVendors(person: Person, platform: Platform, tenantId: string): Promise<string[]> {
  const stripe = await toldByStripe(platform, tenantId);
  const mails = await mailsTo(person, platform);
  const atStripe = Object.entries(person).flatMap(([mark, text]) => (stripe.includes(text) ? [`Stripe: ${mark}`] : []));
  const atSendgrid = mails > 0 ? [`SendGrid: ${mails} mails`] : [];
  return [...atStripe, ...atSendgrid, ...((await isPlayer(person, platform)) ? ['Roblox: an entry'] : [])];
}
