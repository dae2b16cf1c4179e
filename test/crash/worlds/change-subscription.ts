import { billSchool } from '../../support/billed-school.ts';
import type { Place } from '../support/place.ts';
import type { World } from '../support/world.ts';

const subscribed =
  (change: Readonly<Record<string, unknown>>) =>
  async ({ tenantId, databases, sandboxes }: Place) => {
    await billSchool(databases.main, sandboxes.stripe.url, tenantId);
    return change;
  };

export default {
  'another plan with more seats': { input: subscribed({ plan: 'district', quantity: 3 }) },
  'an end at once': { input: subscribed({ cancel: 'now' }) },
} satisfies World;
