import { type ActivityInterfaceFor, proxyActivities, sleep } from '@temporalio/workflow';

/** What a run did, in its order: an activity's name, or the milliseconds of a timer. */
export type Script = readonly (string | number)[];
/** What the activities of a bare run call the vendors about. */
export interface BareOf {
  readonly stripeInvoiceId: string;
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly methods: readonly string[];
}
export interface BareActivities {
  /** Makes the vendor calls that the activity of this name makes, and nothing else. */
  callVendors(input: { readonly activity: string; readonly of: BareOf }): Promise<void>;
}
const { callVendors }: ActivityInterfaceFor<BareActivities> = proxyActivities<BareActivities>({ startToCloseTimeout: '45 seconds' });

/** The barest workflow with the activities and timers of a run of collect-payment: decides nothing, records nothing. */
export async function bareCollection({ script, of }: { readonly script: Script; readonly of: BareOf }): Promise<void> {
  for (const step of script) await (typeof step === 'number' ? sleep(step) : callVendors({ activity: step, of }));
}
