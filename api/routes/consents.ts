import type { Knex } from 'knex';
import { z } from 'zod';
import { GpcConflictError, NotTheirsToDecideError, PurposeOutdatedError } from '../../domain/consent-errors.ts';
import { NotFoundError } from '../../domain/errors.ts';
import { type Decider, decisions, methods } from '../../domain/privacy/consent.ts';
import { purposeIds, purposeOf } from '../../domain/privacy/purposes.ts';
import { inTenant } from '../../platform/database.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { Consent } from '../../platform/models/consent.ts';
import { Person } from '../../platform/models/person.ts';
import { holdPerson, readStandings, recordDecision } from '../../platform/privacy/consents.ts';
import { isMinorNow } from '../../platform/privacy/minors.ts';
import {
  DecisionResource,
  presentDecision,
  presentPurpose,
  presentStanding,
  PurposeResource,
  StandingResource,
} from '../presenters/consent.ts';
import type { Caller } from '../support/caller.ts';
import { tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { numberPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { ownPeople } from '../support/visible-people.ts';

export interface ConsentDeps {
  readonly main: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
}
type Can = (object: string, action: string) => boolean;

/** Purposes, and what people have decided about them. Open whatever a school owes: nobody loses the right to withdraw. */
export const consentRoutes = (deps: ConsentDeps): Route[] => [purposesRoute(), listRoute(deps), historyRoute(deps), decideRoute(deps)];

const purposesRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/consent-purposes',
    access: 'public',
    summary: 'What personal data is processed for, on what basis, in the words people are asked or told',
    responses: { 200: z.object({ items: z.array(PurposeResource) }) },
    handler: async () => reply(200, { items: purposeIds.map(presentPurpose) }),
  });

const listRoute = ({ main }: ConsentDeps): Route =>
  route({
    method: 'get',
    path: '/v1/consents',
    access: { object: 'consent', action: 'read' },
    personal: true,
    paying: true,
    summary: 'How each purpose stands for oneself and one’s children, or for the person asked for',
    query: z.strictObject({ personId: z.uuid().optional(), tenantId: tenantIdOfSchool.optional() }),
    responses: { 200: z.object({ items: z.array(StandingResource) }) },
    problems: [404],
    handler: async ({ query, caller, can }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const standings = await inTenant(main, tenantId, async (trx) =>
        readStandings(trx, tenantId, await peopleAsked(trx, { tenantId, caller, can, personId: query.personId })),
      );
      return reply(200, { items: standings.map(presentStanding) });
    },
  });

const historyRoute = ({ main }: ConsentDeps): Route =>
  route({
    method: 'get',
    path: '/v1/consents/history',
    access: { object: 'consent', action: 'read' },
    personal: true,
    paying: true,
    summary: 'Every decision of oneself and one’s children, or of the person asked for, newest first',
    query: z.strictObject({ ...paging, personId: z.uuid().optional(), tenantId: tenantIdOfSchool.optional() }),
    responses: { 200: pageOf(DecisionResource) },
    problems: [404],
    handler: async ({ query: { limit, cursor, personId, ...query }, caller, can }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const before = positionOf(cursor, numberPosition);
      const rows = await inTenant(main, tenantId, async (trx) => {
        const people = await peopleAsked(trx, { tenantId, caller, can, personId });
        const made = Consent.query(trx)
          .where({ tenant_id: tenantId })
          .whereIn('person_id', people)
          .orderBy('seq', 'desc')
          .limit(limit + 1);
        return before ? made.where('seq', '<', before) : made;
      });
      return reply(
        200,
        page(rows, limit, ({ seq }) => `${seq}`, presentDecision),
      );
    },
  });

interface Asking {
  readonly tenantId: string;
  readonly caller: Caller;
  readonly can: Can;
  readonly personId: string | undefined;
}
/** Whose consents the caller may see, of those asked for. Throws NotFoundError. */
async function peopleAsked(trx: Knex.Transaction, { tenantId, caller, can, personId }: Asking): Promise<string[]> {
  const own = caller.tenantId === tenantId ? await ownPeople(trx, caller) : [];
  if (personId === undefined) return own;
  if (own.includes(personId)) return [personId];
  const there = can('consent', 'read-all') && (await Person.query(trx).findOne({ tenant_id: tenantId, id: personId }).select('id'));
  if (!there) throw new NotFoundError('person');
  return [personId];
}

const Decide = z.strictObject({
  personId: z.uuid(),
  purpose: z.enum(purposeIds),
  version: z.int().min(1).max(1_000_000).describe('Of the text that was read'),
  decision: z.enum(decisions),
  method: z.enum(methods).default('form'),
});

const decideRoute = (deps: ConsentDeps): Route =>
  route({
    method: 'post',
    path: '/v1/consents',
    access: { object: 'consent', action: 'decide' },
    personal: true,
    paying: true,
    summary: 'Decides about a purpose: for oneself, as a guardian for one’s child, or as the school on somebody’s behalf',
    body: Decide,
    responses: { 200: DecisionResource, 201: DecisionResource },
    problems: [404, 409],
    handler: async ({ body, caller, can, requestId, ctx }) => {
      const { tenantId, accountId } = caller;
      const who = { tenantId, personId: body.personId };
      const ofMinor = await isMinorNow({ keyring: deps.keyring, read: (work) => inTenant(deps.main, tenantId, work) }, who);
      if (ofMinor === undefined) throw new NotFoundError('person');
      const { row, made } = await inTenant(deps.main, tenantId, async (trx) => {
        await holdPerson(trx, who);
        const decidedAs = await deciderOf(trx, { caller, can, personId: body.personId, ofMinor });
        refuseDecision(body, decidedAs, ctx.get('sec-gpc') === '1');
        const { purpose, decision, method } = body;
        return recordDecision(trx, { ...who, purpose, decision, method, decidedAs, ofMinor, accountId, requestId });
      });
      return reply(made ? 201 : 200, presentDecision(row));
    },
  });

/** As what the caller decides for a person. Throws NotFoundError for people they have nothing to do with. */
async function deciderOf(
  trx: Knex.Transaction,
  { caller, can, personId, ofMinor }: { caller: Caller; can: Can; personId: string; ofMinor: boolean },
): Promise<Decider> {
  if (personId === caller.personId) return 'person';
  const guards = (await ownPeople(trx, caller)).includes(personId);
  if (guards && ofMinor) return 'guardian';
  if (can('consent', 'decide-for')) return 'school';
  if (guards) throw new NotTheirsToDecideError('This person is old enough to decide for themselves.');
  throw new NotFoundError('person');
}

/** Throws when the text is another by now, when the school may not say yes to it, and when the browser says the contrary. */
function refuseDecision({ purpose, version, decision, method }: z.output<typeof Decide>, decidedAs: Decider, gpc: boolean): void {
  const known = purposeOf(purpose);
  if (version !== known.version) throw new PurposeOutdatedError(purpose, known.version);
  if (known.consent === 'none') throw new NotTheirsToDecideError('The service cannot be had without this purpose: nobody is asked.');
  if (decision !== 'granted') return;
  if (decidedAs === 'school' && !known.schoolMayConsent)
    throw new NotTheirsToDecideError('A school may allow what serves education alone: this is for the person, or their guardian.');
  if (gpc && known.gpc && decidedAs !== 'school' && method !== 'gpc-exception') throw new GpcConflictError(purpose);
}
