import { inTenant } from '../../../platform/database.ts';
import { createAccounts } from '../../../platform/identity/accounts.ts';
import { newId } from '../../../platform/ids.ts';
import { createMail } from '../../../platform/mail.ts';
import { Guardianship } from '../../../platform/models/guardianship.ts';
import { createStripe } from '../../../platform/stripe.ts';
import { play } from '../../support/roblox-school.ts';
import { addPerson, type Parts } from '../../support/school.ts';
import type { Place } from '../support/place.ts';
import type { World } from '../support/world.ts';

const verification = { how: 'in-person' } as const;
const by = '0190d1a0-0000-7000-8000-0000000000aa';
type Policy = Readonly<Record<string, unknown>>;

async function setPolicy({ databases: { main }, tenantId }: Place, policy: Policy): Promise<void> {
  const row = { tenant_id: tenantId, cooling_off_days: 0, needs_confirmation: false, ...policy };
  await inTenant(main, tenantId, (trx) => trx('privacy_policies').insert(row));
}

const userId = '77000001';

/** A guardian with an account, who is known to Stripe and SendGrid, plays on Roblox, and stands in the row of a child. */
async function makePerson({ name, databases: { main }, keyring, sandboxes, tenantId }: Place): Promise<string> {
  const email = `${name}@family.example`;
  const personId = await addPerson({ main, keyring } as Parts, tenantId, { display_name: 'Ada Lovelace', email, roblox_user_id: userId }, [
    'guardian',
  ]);
  const child_id = await addPerson({ main, keyring } as Parts, tenantId, { display_name: 'A child', guardian_contact: email }, ['student']);
  const tie = { tenant_id: tenantId, guardian_id: personId, child_id, relationship: 'parent' };
  await inTenant(main, tenantId, async (trx) => Guardianship.query(trx).insert(tie));
  const accounts = createAccounts({ main, keyring });
  const accountId = newId();
  await accounts.createAccount({ accountId, login: email, password: 'correct horse battery staple' });
  await accounts.ensureMembership({ membershipId: newId(), tenantId, accountId, role: 'guardian', personId });
  const stripe = createStripe({ secretKey: 'sk_test_crash', apiBase: sandboxes.stripe.url });
  const { id } = await stripe.customers.create({ name: `School ${name}`, email, metadata: { tenant_id: tenantId } });
  await inTenant(main, tenantId, (trx) => trx('tenants').where({ id: tenantId }).update({ stripe_customer_id: id }));
  const mail = createMail({ apiKey: 'SG.crash', apiBase: sandboxes.sendgrid.url, from: 'hello@toolbox.example', activityLagSeconds: 0 });
  await mail.send({ to: { email }, subject: 'Welcome', text: 'Hello', html: '<p>Hello</p>', dedupKey: newId(), category: 'test' });
  for (const store of ['Coins', 'Levels']) await play(sandboxes.roblox.url, store, `user_${userId}`);
  return personId;
}

export default {
  'a guardian who is known everywhere': {
    async input(place) {
      await setPolicy(place, {});
      return { personId: await makePerson(place), requestedBy: 'subject', verification };
    },
    // One of each place.
    everyCall: ['erasePlace'],
    messages: [
      {
        at: 'wait-for-backups',
        name: 'Roblox lets go of what it kept',
        happens: ({ sandboxes }) => sandboxes.roblox.control.clock({ advanceSeconds: 31 * 86_400 }),
      },
    ],
  },
  'a request that is asked about and held': {
    async input(place) {
      await setPolicy(place, { needs_confirmation: true });
      const { databases, keyring, tenantId } = place;
      const parts = { main: databases.main, keyring } as Parts;
      return { personId: await addPerson(parts, tenantId, { display_name: 'Beth Lovelace' }, ['student']), requestedBy: 'guardian' };
    },
    messages: [
      { at: 'verify-requester', name: 'verify', body: { how: 'document', by } },
      { at: 'confirm', name: 'hold', body: { holdId: by, until: '2099-01-01T00:00:00Z', by } },
      { at: 'confirm', name: 'release', body: { by } },
      { at: 'confirm', name: 'confirm', body: { by } },
    ],
  },
  'nobody who was ever known': { input: async () => ({ personId: newId(), requestedBy: 'subject', verification }) },
} satisfies World;
