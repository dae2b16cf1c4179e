import { defaultPolicy, type DunningPolicy } from '../../../domain/dunning/policy.ts';
import { createBilling } from '../../../platform/billing.ts';
import { mirrorInvoice } from '../../../platform/billing-mirror.ts';
import { createStripe } from '../../../platform/stripe.ts';
import { addPerson, type Parts } from '../../support/school.ts';
import { keepPolicy } from '../../workflows/support/collecting-policy.ts';
import { failInvoice } from '../../workflows/support/failed-invoice.ts';
import type { Place } from '../support/place.ts';
import type { Example, World } from '../support/world.ts';

/** At any hour and on no other day, so that a run does not hang on when it begins; few attempts, so that it is short. */
const policy: DunningPolicy = {
  ...defaultPolicy,
  window: { from: '00:00', to: '24:00' },
  payDays: null,
  retryAfterHours: { outage: [1], soft: [24] },
  mails: { ...defaultPolicy.mails, soft: defaultPolicy.mails.soft.slice(0, 1), hard: defaultPolicy.mails.hard.slice(0, 1) },
  degrade: { steps: defaultPolicy.degrade.steps.map(({ level, day }) => ({ level, day })), noticeDays: 3 },
};

const owing = (cards: readonly string[]): Example => ({
  async input({ databases: { main }, keyring, sandboxes, tenantId }: Place) {
    await addPerson({ main, keyring } as Parts, tenantId, { display_name: 'Bursar', email: 'bursar@lincoln.example' }, ['billing']);
    await keepPolicy(main, tenantId, policy);
    const stripe = createStripe({ secretKey: 'sk_test_crash', apiBase: sandboxes.stripe.url });
    const { stripeInvoiceId } = await failInvoice(stripe, tenantId, cards);
    const read = await createBilling(stripe).readInvoice(stripeInvoiceId);
    if (!read) throw new Error('Stripe has no such invoice.');
    return { invoiceId: (await mirrorInvoice(main, tenantId, read)).invoiceId };
  },
});

export default {
  'a card that never has funds: written off': owing(['pm_card_toolbox_insufficient_funds']),
  'an outage that passes: paid': owing(['pm_card_toolbox_issuer_not_available_then_ok_1']),
  'a lost card and a backup: paid': owing(['pm_card_toolbox_lost_card', 'pm_card_visa']),
  'a card whose holder must authenticate: forgiven': {
    ...owing(['pm_card_toolbox_authentication_required']),
    messages: [{ at: 'collect', afterSeconds: 3_600, name: 'forgive', body: {} }],
  },
} satisfies World;
