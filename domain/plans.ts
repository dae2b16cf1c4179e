/** Money is an integer of minor units and an ISO 4217 code (DESIGN section 10). */
export interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}
export interface Plan {
  readonly id: string;
  readonly title: string;
  readonly monthly: Money;
  readonly trialDays: number;
  readonly maxStudents: number;
}

export const plans: readonly Plan[] = [
  { id: 'starter', title: 'Starter', monthly: { amountMinor: 4_900, currency: 'usd' }, trialDays: 14, maxStudents: 500 },
  { id: 'school', title: 'School', monthly: { amountMinor: 19_900, currency: 'usd' }, trialDays: 30, maxStudents: 5_000 },
  { id: 'district', title: 'District', monthly: { amountMinor: 149_900, currency: 'usd' }, trialDays: 30, maxStudents: 200_000 },
];
export const planIds: readonly string[] = plans.map(({ id }) => id);
export const findPlan = (id: string): Plan | undefined => plans.find((plan) => plan.id === id);
/** The Stripe lookup key under which a plan's price is found or made. */
export const priceLookupKey = (plan: Plan): string => `toolbox_${plan.id}_monthly_${plan.monthly.currency}_${plan.monthly.amountMinor}`;
/** The plan whose price has such a look-up key, at whatever it cost when it was made. */
export const planOfLookupKey = (lookupKey: string | null | undefined): Plan | undefined =>
  plans.find(({ id }) => lookupKey?.startsWith(`toolbox_${id}_`));
