import type { z } from 'zod';
import type { ChangedSubscription } from '../activities/billing-changes.ts';
import type { ProcessInput } from '../domain/run.ts';
import type changeSubscription from '../processes/change-subscription.ts';

export type ChangeSubscriptionInput = ProcessInput<z.infer<(typeof changeSubscription)['input']>>;
export type ChangeSubscriptionResult = ChangedSubscription;
