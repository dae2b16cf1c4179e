import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { VendorKeySpentError, VendorRefusedError } from '../../domain/errors.ts';
import { dropEffects, effectOf, nextRound, openEffects, settleEffects, type EffectKind } from './effects.ts';

export interface Effect extends EffectKind {
  /** What makes two requests the same to the business: never a run's or an attempt's id. Unique in the tenant. */
  readonly key: string;
}
/** Asks the vendor for what an earlier attempt, begun at `since` by our clock, may have made; resolves to the vendor's id of it. */
export type Ask = (since: Date) => Promise<string | undefined>;
/** Makes it; resolves to the vendor's id. `idempotencyKey` is for vendors that take one. */
export type Act = (idempotencyKey: string) => Promise<string>;

/**
 * One effect on a vendor, however often its activity is tried. The intention is written down before the call; when it is found written
 * down, an earlier attempt died between call and answer, and the vendor is asked before anything is sent again. Resolves to the vendor's id.
 */
export async function once(
  { knex }: { readonly knex: Knex },
  effect: Effect,
  { ask, act }: { readonly ask: Ask; readonly act: Act },
): Promise<string> {
  const { tenantId, key } = effect;
  const standing = (await openEffects(knex, effect, [key])).get(key);
  if (!standing) throw new Error('The effects row vanished between being written and being read.');
  if (standing.state === 'done') return standing.ref;
  const known = standing.state === 'unclear' ? await ask(standing.requestedAt) : undefined;
  const ref = known ?? (await tryTo(act, standing.round));
  await settleEffects(knex, tenantId, [{ key, ref }]);
  return ref;

  async function tryTo(attempt: Act, round: number): Promise<string> {
    try {
      return await attempt(round === 1 ? key : `${key}:${round}`);
    } catch (error) {
      if (error instanceof VendorKeySpentError) await nextRound(knex, tenantId, key);
      if (error instanceof VendorRefusedError) await dropEffects(knex, tenantId, [key]);
      throw error;
    }
  }
}

export interface Outcome extends Pick<Effect, 'tenantId' | 'key'> {
  /** How long a request whose answer was lost may still be under way at the vendor, ms. */
  readonly underWayMs: number;
}

/** What came of an effect, for who takes it back: the vendor's id, asked for when the answer was lost; undefined when nothing came. */
export async function outcomeOf(
  { knex }: { readonly knex: Knex },
  { tenantId, key, underWayMs }: Outcome,
  ask: Ask,
): Promise<string | undefined> {
  const standing = await effectOf(knex, tenantId, key);
  if (!standing) return undefined;
  if (standing.state === 'done') return standing.ref;
  const known = await ask(standing.requestedAt);
  if (known !== undefined) return known;
  // A request that was cut off may arrive after its caller has given up: a "no" counts only when it still holds then.
  await sleep(underWayMs);
  return ask(standing.requestedAt);
}
