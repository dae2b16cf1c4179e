import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Knex } from 'knex';
import type { Mail, OutgoingMail } from '../../platform/mail.ts';
import { keepAlive } from './keep-alive.ts';
import { type Effect, once } from './once.ts';

/** What stands for the vendor's id of a mail it would not take. */
const refused = 'refused';

/** One mail, however often its activity, which must have a heartbeat, is tried. False when SendGrid does not take it. */
export async function sendOnce(
  { knex, mail }: { readonly knex: Knex; readonly mail: Mail },
  effect: Effect,
  letter: OutgoingMail,
): Promise<boolean> {
  const ask = async (since: Date): Promise<string | undefined> => {
    // What an attempt that died has sent shows only after a while: until then a "no" means nothing.
    const left = since.getTime() + mail.activityLagSeconds * 1000 - Date.now();
    await sleep(Math.max(left, 0), undefined, { signal: Context.current().cancellationSignal });
    return mail.findByDedupKey(letter.dedupKey);
  };
  const act = async (): Promise<string> => {
    const sent = await mail.send(letter);
    return 'refused' in sent ? refused : sent.messageId;
  };
  return (await keepAlive({ position: 0 }, () => once({ knex }, effect, { ask, act }))) !== refused;
}
