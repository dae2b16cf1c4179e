/*
 * Two processes that only tests have, as they are written (docs/design.md, "Processes"): a careful one of a school's own, which does all
 * that a process may do in time, and a careless one, whose activities are wrong in the two ways there are.
 */
const process = (name: string, more: string): string => `
import { z } from 'zod';
import { taskQueues } from '../domain/task-queues.ts';
import { defineProcess } from './support/define.ts';

export default defineProcess({
  name: '${name}',
  title: 'Remind',
  description: 'Writes letters.',
  workflow: '${name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}',
  input: z.strictObject({ reminderId: z.uuid() }),
  permission: { object: 'reminder', action: 'send' },
  businessKey: ({ reminderId }) => reminderId,
  conflict: 'refuse',
  taskQueue: taskQueues.main,
  ${more}
});
`;

export const written: Readonly<Record<string, string>> = {
  'processes/remind-families.ts': process(
    'remind-families',
    `scope: 'tenant',
  messages: { hurry: { kind: 'signal', input: z.strictObject({}), permission: { object: 'reminder', action: 'send' } } },`,
  ),
  'processes/remind-carelessly.ts': process('remind-carelessly', `scope: 'platform',`),

  'workflows/remind-families.ts': `
import { condition, defineSignal, sleep } from '@temporalio/workflow';
import type { ReminderActivities } from '../activities/reminder.ts';
import type { ProcessInput } from '../domain/run.ts';
import { runProcess } from './support/process.ts';
import { sendgrid } from './support/proxies.ts';

const { sendLetter } = sendgrid.service<ReminderActivities>();
export const hurry = defineSignal<[object]>('hurry');

/** Three letters, a week apart; then waits for a word, or a month, and sends the last one. */
export function remindFamilies({ run, reminderId }: ProcessInput<{ reminderId: string }>): Promise<{ hurried: boolean }> {
  return runProcess(run, ['remind', 'wait', 'close'], async ({ step, onSignal }) => {
    let hurried = false;
    onSignal(hurry, () => void (hurried = true));
    const send = (number: number) => sendLetter({ tenantId: run.tenantId, key: reminderId + ':' + number });
    await step('remind', async () => {
      for (let number = 1; number <= 3; number += 1) {
        await send(number);
        await sleep('7 days');
      }
    });
    await step('wait', () => condition(() => hurried, '30 days'));
    await step('close', async () => {
      await sleep('1 day');
      await send(4);
    });
    return { hurried };
  });
}
`,
  'workflows/remind-carelessly.ts': `
import type { ReminderActivities } from '../activities/reminder.ts';
import type { ProcessInput } from '../domain/run.ts';
import { runProcess } from './support/process.ts';
import { sendgrid } from './support/proxies.ts';

const { repeat, believe } = sendgrid.service<ReminderActivities>();

export function remindCarelessly({ run, reminderId }: ProcessInput<{ reminderId: string }>): Promise<void> {
  return runProcess(run, ['repeat', 'believe'], async ({ step }) => {
    await step('repeat', () => repeat());
    await step('believe', () => believe({ tenantId: run.tenantId, key: reminderId }));
  });
}
`,

  'activities/reminder.ts': `
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { taskQueues } from '../domain/task-queues.ts';
import type { Mail } from '../platform/mail.ts';
import { openEffects, settleEffects } from './support/effects.ts';
import { onQueue } from './support/on-queue.ts';
import { once } from './support/once.ts';

export interface ReminderDeps {
  readonly knex: Knex;
  readonly mail: Mail;
}
interface Letter {
  readonly tenantId: string;
  readonly key: string;
}
const letterOf = (text: string, dedupKey: string) => ({
  to: { email: 'family@lincoln.example' },
  subject: 'A reminder',
  text,
  html: text,
  dedupKey,
  category: 'reminder',
});

export const createReminderActivities = ({ knex, mail }: ReminderDeps) =>
  onQueue(taskQueues.sendgrid, {
    /** Safe to retry: SendGrid is asked first. */
    async sendLetter({ tenantId, key }: Letter): Promise<void> {
      const effect = { tenantId, key, vendor: 'sendgrid', operation: 'send-reminder' };
      const act = async () => {
        const sent = await mail.send(letterOf('Please.', key));
        return 'refused' in sent ? 'refused' : sent.messageId;
      };
      await once({ knex }, effect, { ask: () => mail.findByDedupKey(key), act });
    },
    /** Not safe to retry. */
    async repeat(): Promise<void> {
      await mail.send(letterOf('Sent as often as it is tried.', randomUUID()));
    },
    /** Not safe to retry: it is written down as done before it is. */
    async believe({ tenantId, key }: Letter): Promise<void> {
      const known = await openEffects(knex, { tenantId, vendor: 'sendgrid', operation: 'send-reminder' }, [key]);
      if (known.get(key)?.state === 'fresh') await mail.send(letterOf('Sent once at most.', key));
      await settleEffects(knex, tenantId, [{ key, ref: 'sent' }]);
    },
  });
export type ReminderActivities = ReturnType<typeof createReminderActivities>;
`,
  'test/crash/worlds/remind-families.ts': `
import { newId } from '../../../platform/ids.ts';
import type { World } from '../support/world.ts';

export default {
  'three letters, hurried': {
    input: async () => ({ reminderId: newId() }),
    messages: [{ at: 'wait', afterSeconds: 21 * 86_400, name: 'hurry', body: {} }],
  },
} satisfies World;
`,
  'test/crash/worlds/remind-carelessly.ts': `
import { newId } from '../../../platform/ids.ts';
import type { World } from '../support/world.ts';

export default { 'two letters': { input: async () => ({ reminderId: newId() }) } } satisfies World;
`,
};

const last = '    createUploadActivities(deps),\n';
/** What is added to files there are. */
export const replaced: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'workflows/index.ts': [
    ['', "export { remindFamilies } from './remind-families.ts';\nexport { remindCarelessly } from './remind-carelessly.ts';\n"],
  ],
  'workers/activities.ts': [
    ['', "import { createReminderActivities } from '../activities/reminder.ts';\n"],
    [last, `${last}    createReminderActivities(deps),\n`],
  ],
};
