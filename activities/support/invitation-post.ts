import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Knex } from 'knex';
import { inChunks } from '../../platform/chunks.ts';
import { inTenant } from '../../platform/database.ts';
import type { Mail, Sent } from '../../platform/mail.ts';
import { Invitation } from '../../platform/models/invitation.ts';
import { dropEffects, openEffects, settleEffects, type Standing } from './effects.ts';
import { heedingErasures } from '../../platform/privacy/suppressed-mail.ts';
import { givingWay } from './give-way.ts';
import { beat } from './heartbeat.ts';
import { type Letter, type LetterDeps, lettersAPage, openLetters } from './invitation-letters.ts';
import { keepAlive } from './keep-alive.ts';

export interface PostDeps extends LetterDeps {
  readonly mail: Mail;
}
/** What became of a letter in this attempt; `untried` when another one's failure came first. */
type Fate = Sent | { readonly error: unknown } | { readonly untried: true };

interface Posted {
  readonly letter: Letter;
  readonly fate: Fate;
}

const keyOf = ({ invitationId }: Letter): string => `invitation:${invitationId}`;

/**
 * Sends a page of a tenant's open invitations by mail, each once; inside an activity with a heartbeat. Resolves to whether there may be
 * more. Throws a vendor's error after what was on its way has been noted.
 */
export async function postPage(deps: PostDeps, tenantId: string): Promise<boolean> {
  const patience = createPatience(deps.mail.activityLagSeconds);
  const progress = { position: null };
  const giveWay = givingWay();
  beat(progress);
  const page = await openLetters(deps, tenantId);
  if (page.length > 0) await keepAlive(progress, () => sendPage(deps, tenantId, page, patience));
  await giveWay();
  // A run that was cancelled meanwhile has left letters untried: this was no whole page.
  beat(progress);
  return page.length === lettersAPage;
}

async function sendPage({ knex, keyring, mail }: PostDeps, tenantId: string, page: readonly Letter[], patience: Patience): Promise<void> {
  const kind = { tenantId, vendor: 'sendgrid', operation: 'send-invitation' };
  const standings = await openEffects(knex, kind, page.map(keyOf));
  const inState = (state: Standing['state']) => page.filter((letter) => standings.get(keyOf(letter))?.state === state);
  const unclear = inState('unclear');
  // What an attempt that died may have sent shows only after a while: until then a "no" means nothing.
  if (unclear.length > 0) await patience.wait();
  const found = await findSent(mail, unclear);
  const known = inState('done').map((letter) => ({ letter, fate: { messageId: '' } }));
  await note(knex, tenantId, [...found, ...known]);
  const over = new Set([...found, ...known].map(({ letter }) => letter));
  const posted = await sendEach(
    heedingErasures(keyring, tenantId, mail),
    page.filter((letter) => !over.has(letter)),
  );
  await note(knex, tenantId, posted);
  for (const { fate } of posted) if ('error' in fate) throw fate.error;
}

/** Those letters that SendGrid has had, with its ids of them. */
const findSent = (mail: Mail, letters: readonly Letter[]): Promise<Posted[]> =>
  eachOf(letters, async (letter) => {
    const messageId = await mail.findByDedupKey(letter.invitationId);
    return messageId === undefined ? [] : [{ letter, fate: { messageId } }];
  });

/** Sends letters, a few at a time. After a failure, or when the run is cancelled, no more are begun; those under way are waited for. */
async function sendEach(mail: Pick<Mail, 'send'>, letters: readonly Letter[]): Promise<Posted[]> {
  const { cancellationSignal } = Context.current();
  let failed = false;
  return eachOf(letters, async (letter): Promise<Posted[]> => {
    if (failed || cancellationSignal.aborted) return [{ letter, fate: { untried: true } }];
    try {
      return [{ letter, fate: await mail.send({ ...letter, dedupKey: letter.invitationId, category: 'invitation' }) }];
    } catch (error) {
      failed = true;
      return [{ letter, fate: { error } }];
    }
  });
}

const eachOf = <T>(letters: readonly Letter[], work: (letter: Letter) => Promise<T[]>): Promise<T[]> =>
  inChunks(letters, { size: 1, parallel: 16 }, async ([letter]) => (letter ? await work(letter) : []));

/** Writes down what became of letters; of one whose sending failed nothing is known, so it stays open. */
async function note(knex: Knex, tenantId: string, posted: readonly Posted[]): Promise<void> {
  const sent = posted.flatMap(({ letter, fate }) => ('messageId' in fate ? [{ letter, ref: fate.messageId }] : []));
  const refused = posted.filter(({ fate }) => 'refused' in fate).map(({ letter }) => letter);
  const untried = posted.filter(({ fate }) => 'untried' in fate).map(({ letter }) => letter);
  const done = sent.map(({ letter, ref }) => ({ key: keyOf(letter), ref }));
  await settleEffects(knex, tenantId, done);
  await dropEffects(knex, tenantId, [...refused, ...untried].map(keyOf));
  await inTenant(knex, tenantId, async (trx) => {
    const these = (letters: readonly Letter[]) => letters.map(({ invitationId }) => invitationId);
    const sentIds = these(sent.map(({ letter }) => letter));
    await Invitation.query(trx).where({ tenant_id: tenantId }).whereIn('id', sentIds).patch({ sent_at: new Date() });
    await Invitation.query(trx).where({ tenant_id: tenantId }).whereIn('id', these(refused)).patch({ status: 'undeliverable' });
  });
}

interface Patience {
  wait(): Promise<void>;
}
/** Waits out a lag once: what died before this attempt began is as old as the attempt itself. */
function createPatience(seconds: number): Patience {
  const over = Date.now() + seconds * 1000;
  return {
    wait: () => sleep(Math.max(over - Date.now(), 0), undefined, { signal: Context.current().cancellationSignal }),
  };
}
