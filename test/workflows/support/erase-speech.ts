import assert from 'node:assert/strict';
import type { Role } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import type { Answer } from '../../support/http.ts';
import { addMember, addPerson, type Member } from '../../support/school.ts';
import { until } from '../../support/until.ts';
import type { Erasures } from './erase-world.ts';

export interface Asked {
  readonly id: string;
  readonly personId: string;
  result(): Promise<Record<string, unknown>>;
  /** The request as the API shows it. */
  read(): Promise<Answer['body']>;
  /** Sends the run a message; the school's administrator does unless told otherwise. */
  say(name: string, body?: object, as?: Role): Promise<Answer>;
  hold(body: object, as?: Role): Promise<Answer>;
  /** Until the run takes a message. */
  takes(name: string): Promise<void>;
}
export const verification = { how: 'in-person' } as const;

/** What staff does, over HTTP, in the first school. */
export function speechOf(erasures: Erasures) {
  const schoolId = (): string => erasures.schools[0].id;
  const ofSchool = (as: Role): string => (as === 'tenant_admin' ? '' : `?tenantId=${schoolId()}`);

  const asked = (id: string, personId: string): Asked => ({
    id,
    personId,
    result: () => erasures.handleOf(personId).result() as Promise<Record<string, unknown>>,
    read: async () => (await erasures.send(`/v1/privacy/requests/${id}`, { as: 'tenant_admin' })).body,
    say: (name, body = {}, as = 'tenant_admin') =>
      erasures.send(`/v1/runs/${id}/messages/${name}${ofSchool(as)}`, { as, method: 'POST', body }),
    hold: (body, as = 'compliance') => erasures.send(`/v1/privacy/requests/${id}/holds${ofSchool(as)}`, { as, method: 'POST', body }),
    takes: async (name) => {
      await until(async () => {
        const { body } = await erasures.send(`/v1/runs/${id}`, { as: 'tenant_admin' });
        return JSON.stringify(body['takes'] ?? []).includes(`"${name}"`);
      }, 20_000);
    },
  });
  return {
    /** A person of the school with an account of their own. */
    async newPerson(name: string): Promise<{ personId: string; member: Member; email: string }> {
      const email = `${name}.lovelace@family.example`;
      const personId = await addPerson(erasures, schoolId(), { display_name: `${name} Lovelace`, email }, ['guardian']);
      return { personId, email, member: await addMember(erasures, schoolId(), 'guardian', personId) };
    },
    submit: (input: object, as: Role = 'tenant_admin'): Promise<Answer> =>
      erasures.send(`/v1/processes/erase-subject/runs${ofSchool(as)}`, { as, method: 'POST', body: { requestedBy: 'subject', ...input } }),
    async ask(personId: string, input: object = {}, as: Role = 'tenant_admin'): Promise<Asked> {
      const { status, body } = await this.submit({ personId, ...input }, as);
      assert.equal(status, 202, JSON.stringify(body));
      return asked(String(body['id']), personId);
    },
    rowsOf: (table: string, where: object): Promise<Record<string, unknown>[]> =>
      inTenant(erasures.main, schoolId(), (trx) => trx(table).where(where)),
  };
}
/** A policy under which nothing is asked. */
export const atOnce = { cooling_off_days: 0, needs_confirmation: false, needs_approval: false };
export const asking = { cooling_off_days: 0, needs_confirmation: true, needs_approval: false };
