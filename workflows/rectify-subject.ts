import { CancellationScope } from '@temporalio/workflow';
import type { AccountActivities } from '../activities/account.ts';
import type { RectificationActivities } from '../activities/rectification.ts';
import type { RectifySubjectInput, RectifySubjectResult } from './rectify-subject.messages.ts';
import { runProcess } from './support/process.ts';
import { database } from './support/proxies.ts';

const stores = database<AccountActivities & RectificationActivities>();

/** Corrects a person's data. A correction is not taken back: what is right stays right, also when the run is cancelled after it. */
export function rectifySubject({ run, personId }: RectifySubjectInput): Promise<RectifySubjectResult> {
  return runProcess(run, ['correct', 'update-indexes', 'discard-input'], async ({ step }) => {
    try {
      const { corrected } = await step('correct', () => stores.rectifyPerson({ run, personId }), {
        detail: ({ corrected: { length } }) => `${length} ${length === 1 ? 'place' : 'places'} corrected`,
      });
      const { indexes } = await step('update-indexes', () => stores.rectifyIndexes({ run, personId }));
      return { corrected, indexes };
    } finally {
      const { tenantId, sealedInputId } = run;
      await CancellationScope.nonCancellable(() =>
        step('discard-input', async () => {
          if (sealedInputId) await stores.discardInput({ tenantId, sealedInputId });
        }),
      );
    }
  });
}
