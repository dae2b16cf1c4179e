import { condition, defineUpdate } from '@temporalio/workflow';
import type { RestrictionActivities } from '../activities/restriction.ts';
import type { Lifting, RestrictSubjectInput, RestrictSubjectResult } from './restrict-subject.messages.ts';
import { runProcess } from './support/process.ts';
import { database } from './support/proxies.ts';

const stores = database<RestrictionActivities>();

const lift = defineUpdate<Lifting, [object]>('lift');

/** Holds a person's data back until it is told to lift that, until a day, or until it is cancelled: then nothing stays restricted. */
export function restrictSubject({ run, personId, reason, until }: RestrictSubjectInput): Promise<RestrictSubjectResult> {
  return runProcess(run, ['restrict', 'hold', 'lift'], async ({ step, onUpdate }) => {
    let told = false;
    onUpdate(
      lift,
      () => {
        told = true;
        return { lifting: true };
      },
      { when: () => !told },
    );
    await step('restrict', () => stores.restrictPerson({ run, personId, reason }), {
      undo: () => stores.liftRestriction({ run, personId }),
    });
    const over = until === undefined ? undefined : Math.max(Date.parse(until) - Date.now(), 1);
    const byMessage = await step('hold', async () => {
      if (over !== undefined) return condition(() => told, over);
      await condition(() => told);
      return true;
    });
    await step('lift', () => stores.liftRestriction({ run, personId }));
    return { liftedBy: byMessage ? 'message' : 'date' };
  });
}
