import { z } from 'zod';
import type { Plan } from '../../domain/plans.ts';
import { isOver } from '../../domain/subscription-change.ts';
import type { Preview } from '../../platform/billing/changes.ts';
import type { Subscription } from '../../platform/models/subscription.ts';
import { actionsOf } from './actions.ts';

export const SubscriptionResource = z
  .object({
    id: z.uuid(),
    plan: z.string().nullable().describe('null for one that is not in the list of plans'),
    status: z.string(),
    quantity: z.number().int(),
    periodStart: z.iso.datetime().nullable(),
    periodEnd: z.iso.datetime().nullable(),
    trialEndsAt: z.iso.datetime().nullable(),
    cancelAt: z.iso.datetime().nullable().describe('When it will end'),
    endedAt: z.iso.datetime().nullable(),
    readAt: z.iso.datetime().describe('When Stripe said so'),
    actions: z.array(z.enum(['change'])),
  })
  .meta({ id: 'Subscription' });

export const PlanResource = z
  .object({
    id: z.string(),
    title: z.string(),
    amountMinor: z.number().int().describe('A month, in minor units of the currency'),
    currency: z.string().describe('ISO 4217'),
    trialDays: z.number().int(),
    maxStudents: z.number().int(),
  })
  .meta({ id: 'Plan' });

export const PreviewResource = z
  .object({
    amountDueMinor: z.number().int().describe('What the next bill would ask for, in minor units of the currency'),
    subtotalMinor: z.number().int().describe('Before tax'),
    taxMinor: z.number().int().describe('As Stripe works it out'),
    currency: z.string().describe('ISO 4217'),
    lines: z.array(
      z.object({
        description: z.string().nullable(),
        amountMinor: z.number().int(),
        prorated: z.boolean().describe('Whether it makes up for a part of a period'),
        periodStart: z.iso.datetime(),
        periodEnd: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'SubscriptionPreview' });

type MayDo = (object: string, action: string) => boolean;
const timeOf = (at: Date | null): string | null => at?.toISOString() ?? null;

export const presentSubscription = (subscription: Subscription, can: MayDo): z.input<typeof SubscriptionResource> => ({
  id: subscription.id,
  plan: subscription.plan,
  status: subscription.status,
  quantity: subscription.quantity,
  periodStart: timeOf(subscription.period_start),
  periodEnd: timeOf(subscription.period_end),
  trialEndsAt: timeOf(subscription.trial_ends_at),
  cancelAt: timeOf(subscription.cancel_at),
  endedAt: timeOf(subscription.ended_at),
  readAt: subscription.read_at.toISOString(),
  actions: actionsOf({ change: !isOver(subscription.status) && can('subscription', 'change') }) as 'change'[],
});

export const presentPlan = ({ id, title, monthly, trialDays, maxStudents }: Plan): z.input<typeof PlanResource> => ({
  id,
  title,
  ...monthly,
  trialDays,
  maxStudents,
});

export const presentPreview = (preview: Preview): z.input<typeof PreviewResource> => ({
  ...preview,
  lines: preview.lines.map((line) => ({ ...line })),
});
