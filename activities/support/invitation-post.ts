import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { inChunks } from '../../platform/chunks.ts';
import { inTenant } from '../../platform/database.ts';
import type { Mail } from '../../platform/mail.ts';
import { Invitation } from '../../platform/models/invitation.ts';
import { dropEffects, openEffects, settleEffects } from './effects.ts';
import { beat } from './heartbeat.ts';
import { type Letter, type LetterDeps, openLetters } from './invitation-letters.ts';
import { keepAlive } from './keep-alive.ts';

export interface PostDeps extends LetterDeps {
  readonly mail: Mail;
}
/** What became of a letter in this attempt; `untried` when another one's failure came first. */
type Fate = { readonly messageId: string } | { readonly refused: true } | { readonly error: unknown } | 'untried';

interface Posted {
  readonly letter: Letter;
  readonly fate: Fate;
}

const parallel = { size: 1, parallel: 16 };
const keyOf = ({ invitationId }: Letter): string => `invitation:${invitationId}`;

/** Sends a tenant's open invitations by mail, each once, page by page; inside an activity with a heartbeat. */
export function createInvitationPost(deps: PostDeps) {
  const { knex, mail } = deps;

  /** Sends them all. Throws a vendor's error after what was on its way has been noted. */
  async function sendAll(tenantId: string): Promise<void> {
    const patience = createPatience(mail.activityLagSeconds);
    let sent = 0;
    for (;;) {
      const progress = { position: sent, detail: `${sent} mails sent` };
      beat(progress);
      const page = await openLetters(deps, tenantId);
      if (page.length === 0) return;
      await keepAlive(progress, () => sendPage(tenantId, page, patience));
      sent += page.length;
    }
  }

  async function sendPage(tenantId: string, page: readonly Letter[], patience: Patience): Promise<void> {
    const kind = { tenantId, vendor: 'sendgrid', operation: 'send-invitation' };
    const standings = await openEffects(knex, kind, page.map(keyOf));
    const stateOf = (letter: Letter): string | undefined => standings.get(keyOf(letter))?.state;
    const unclear = page.filter((letter) => stateOf(letter) === 'unclear');
    // What an attempt that died may have sent shows only after a while: until then a "no" means nothing.
    if (unclear.length > 0) await patience.wait();
    const found = await inChunks(unclear, parallel, async ([letter]) => (letter ? await findSent(letter) : []));
    await note(tenantId, found);
    await note(
      tenantId,
      page.flatMap((letter) => (stateOf(letter) === 'done' ? [{ letter, fate: { messageId: '' } }] : [])),
    );
    const over = new Set(found.map(({ letter }) => letter));
    const rest = page.filter((letter) => stateOf(letter) !== 'done' && !over.has(letter));
    const fates = await sendEach(mail, rest);
    await note(
      tenantId,
      rest.map((letter, index) => ({ letter, fate: fates[index] ?? 'untried' })),
    );
    for (const fate of fates) if (fate !== 'untried' && 'error' in fate) throw fate.error;
  }

  async function findSent(letter: Letter): Promise<Posted[]> {
    const messageId = await mail.findByDedupKey(letter.invitationId);
    return messageId === undefined ? [] : [{ letter, fate: { messageId } }];
  }

  /** Writes down what became of letters; of one whose sending failed nothing is known, so it stays open. */
  async function note(tenantId: string, letters: readonly Posted[]): Promise<void> {
    const sent = letters.flatMap(({ letter, fate }) =>
      fate !== 'untried' && 'messageId' in fate ? [{ letter, ref: fate.messageId }] : [],
    );
    const refused = letters.flatMap(({ letter, fate }) => (fate !== 'untried' && 'refused' in fate ? [letter] : []));
    const untried = letters.flatMap(({ letter, fate }) => (fate === 'untried' ? [letter] : []));
    await settleEffects(
      knex,
      tenantId,
      sent.map(({ letter, ref }) => ({ key: keyOf(letter), ref })),
    );
    await dropEffects(knex, tenantId, [...refused, ...untried].map(keyOf));
    await inTenant(knex, tenantId, async (trx) => {
      const patch = (ids: readonly string[], change: Partial<Invitation>) =>
        Invitation.query(trx)
          .where({ tenant_id: tenantId })
          .whereIn('id', [...ids])
          .patch(change);
      await patch(
        sent.map(({ letter }) => letter.invitationId),
        { sent_at: new Date() },
      );
      await patch(
        refused.map(({ invitationId }) => invitationId),
        { status: 'undeliverable' },
      );
    });
  }

  return { sendAll };
}

interface Patience {
  wait(): Promise<void>;
}
/** Waits out a lag once: what died before this attempt began is as old as the attempt itself. */
function createPatience(seconds: number): Patience {
  const over = Date.now() + seconds * 1000;
  return {
    wait: async () => void (await sleep(Math.max(over - Date.now(), 0), undefined, { signal: Context.current().cancellationSignal })),
  };
}

/** Sends letters, a few at a time. After a failure, or when the run is cancelled, no more are begun, and those under way are waited for: their outcome matters. */
async function sendEach(mail: Mail, letters: readonly Letter[]): Promise<Fate[]> {
  const { cancellationSignal } = Context.current();
  let failed = false;
  return inChunks(letters, parallel, async ([letter]): Promise<Fate[]> => {
    if (failed || cancellationSignal.aborted || !letter) return ['untried'];
    try {
      return [await mail.send({ ...letter, dedupKey: letter.invitationId, category: 'invitation' })];
    } catch (error) {
      failed = true;
      return [{ error }];
    }
  });
}
