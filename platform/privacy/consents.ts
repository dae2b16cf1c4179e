import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { ConsentRequiredError } from '../../domain/consent-errors.ts';
import { type ConsentState, type Decider, type Decision, mayProcess, type Method, stateOf } from '../../domain/privacy/consent.ts';
import { gpcPurposes, type PurposeId, purposeIds, purposeOf } from '../../domain/privacy/purposes.ts';
import { audit } from '../audit.ts';
import { newId } from '../ids.ts';
import { Consent } from '../models/consent.ts';
import { queryRows } from '../query-rows.ts';

/** A person of a school. */
export interface Who {
  readonly tenantId: string;
  readonly personId: string;
}
export interface Standing {
  readonly personId: string;
  readonly purpose: PurposeId;
  readonly state: ConsentState;
  /** The newest decision, whether it counts or not. */
  readonly newest: Consent | undefined;
}

/** SHA-256 of the text people are shown: it stands with each decision, and is published with the text. */
export const digestOfText = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** How purposes stand for people, as the database has it now: nothing is kept in memory, so that a withdrawal holds at once. */
export async function readStandings(
  trx: Knex.Transaction,
  tenantId: string,
  personIds: readonly string[],
  asked: readonly PurposeId[] = purposeIds,
): Promise<Standing[]> {
  // Of a person and a purpose no more than two rows decide: the newest, and the newest that is no minor's own yes.
  const sql = `
    select distinct on (person_id, purpose, minors_yes) * from (
      select *, (decision = 'granted' and decided_as = 'person' and of_minor is true) as minors_yes from consents
      where tenant_id = ? and person_id = any(?::uuid[]) and purpose = any(?::text[])) as made
    order by person_id, purpose, minors_yes, seq desc`;
  const rows = await queryRows<Consent>(trx, sql, [tenantId, personIds, asked]);
  return personIds.flatMap((personId) =>
    asked.map((purpose) => {
      const own = rows.filter((row) => row.person_id === personId && row.purpose === purpose).sort((a, b) => b.seq - a.seq);
      return { personId, purpose, state: stateOf(purposeOf(purpose), own), newest: own[0] };
    }),
  );
}

/** Lets pass what may be done for a purpose with a person's data, now, or throws ConsentRequiredError. */
export async function demandConsent(trx: Knex.Transaction, { tenantId, personId }: Who, purpose: PurposeId): Promise<void> {
  if (purposeOf(purpose).consent === 'none') return;
  const [standing] = await readStandings(trx, tenantId, [personId], [purpose]);
  if (standing && !mayProcess(purposeOf(purpose), standing.state)) throw new ConsentRequiredError(purpose, standing.state);
}

/** For a statement over many people (`people as p`): whether nobody has said no to a purpose that asks for no yes. */
export const nobodyObjects = (trx: Knex.Transaction, purpose: PurposeId): Knex.Raw =>
  trx.raw(
    `coalesce((select c.decision from consents as c where c.tenant_id = p.tenant_id and c.person_id = p.id and c.purpose = ?
      and not (c.decision = 'granted' and c.decided_as = 'person' and c.of_minor is true) order by c.seq desc limit 1), 'granted') = 'granted'`,
    [purpose],
  );

export interface Deciding extends Who {
  readonly purpose: PurposeId;
  readonly decision: Decision;
  readonly decidedAs: Decider;
  readonly method: Method;
  readonly ofMinor: boolean | null;
  /** The account that says it. */
  readonly accountId: string;
  readonly requestId: string;
  readonly conflictsWith?: string | null;
}

/** Holds the person's row, so that decisions about them are written one after the other: the order in which they hold. False when there is none. */
export async function holdPerson(trx: Knex.Transaction, { tenantId, personId }: Who): Promise<boolean> {
  const row = (await trx('people').where({ tenant_id: tenantId, id: personId }).forNoKeyUpdate().first('id')) as unknown;
  return row !== undefined;
}

/**
 * Writes a decision down, with its entry in the audit log; the caller holds the person. One that says what the newest says already, by the
 * same decider about the same version, is that one: a repeat changes nothing. Resolves to the row and whether it is new.
 */
export async function recordDecision(trx: Knex.Transaction, deciding: Deciding): Promise<{ row: Consent; made: boolean }> {
  const { tenantId, personId, purpose, decision, decidedAs, method, ofMinor, accountId, requestId, conflictsWith = null } = deciding;
  const { version, text } = purposeOf(purpose);
  const newest = await Consent.query(trx).where({ tenant_id: tenantId, person_id: personId, purpose }).orderBy('seq', 'desc').first();
  const same =
    newest?.decision === decision &&
    newest.purpose_version === version &&
    newest.decided_as === decidedAs &&
    newest.method === method &&
    newest.of_minor === ofMinor;
  if (same) return { row: newest, made: false };
  const id = newId();
  const said = { purpose, purpose_version: version, decision, decided_as: decidedAs, method, of_minor: ofMinor };
  const about = { person_id: personId, decided_by: accountId, conflicts_with: conflictsWith, request_id: requestId };
  await Consent.query(trx).insert({ tenant_id: tenantId, id, ...said, ...about, text_digest: digestOfText(text) });
  const act = { action: `consent.${decision}`, objectType: 'consent', objectId: id, after: { ...said, ...about } };
  await audit(trx, { tenantId, actorId: accountId, requestId, ...act });
  return { row: await Consent.query(trx).findById([tenantId, id]).throwIfNotFound(), made: true };
}

/** Whether a browser's signal has something to say about a purpose that has not been said: once there is a no, or an exception, it has not. */
const saysMore = ({ newest }: Standing): boolean => !newest || (newest.decision === 'granted' && newest.method !== 'gpc-exception');

/** Whether `Sec-GPC: 1` of this person changes anything; most requests find that it does not. */
export const gpcIsNews = async (trx: Knex.Transaction, { tenantId, personId }: Who): Promise<boolean> =>
  (await readStandings(trx, tenantId, [personId], gpcPurposes)).some(saysMore);

/** Takes the signal for a withdrawal from each purpose it covers, once; of an explicit yes it goes against it keeps which one that was. */
export async function recordGpc(trx: Knex.Transaction, who: Who, by: Pick<Deciding, 'accountId' | 'requestId'>): Promise<void> {
  if (!(await holdPerson(trx, who))) return;
  for (const { purpose, newest, ...standing } of await readStandings(trx, who.tenantId, [who.personId], gpcPurposes)) {
    if (!saysMore({ purpose, newest, ...standing })) continue;
    const conflictsWith = newest?.id ?? null;
    const said = { decision: 'withdrawn', decidedAs: 'gpc', method: 'gpc', ofMinor: null } as const;
    await recordDecision(trx, { ...who, ...by, ...said, purpose, conflictsWith });
  }
}
