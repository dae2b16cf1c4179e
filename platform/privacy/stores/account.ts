import type { Knex } from 'knex';
import { asAccount } from '../../database.ts';
import type { ErasableStore } from '../store.ts';
import type { Subject } from '../subject.ts';

/** Work on the account when it ends with the person. Its row is held meanwhile, so that nobody can join it to another school just then. */
async function ifEnding(
  main: Knex,
  subject: Subject,
  work: (trx: Knex.Transaction, accountId: string) => Promise<number>,
): Promise<number> {
  const { tenantId, personId, accountId } = subject;
  if (!accountId) return 0;
  return asAccount(main, accountId, async (trx) => {
    const held: unknown = await trx('accounts').where({ id: accountId }).forUpdate().first('id');
    if (!held) return 0;
    const others = await trx('memberships')
      .where({ account_id: accountId })
      .whereNot((theirs) => void theirs.where({ tenant_id: tenantId, person_id: personId }));
    return others.length > 0 ? 0 : work(trx, accountId);
  });
}

/** Who logs in, when nobody but this person did: the row stays, without login and password. */
export function accountStore(main: Knex): ErasableStore {
  const alive = (trx: Knex.Transaction, accountId: string): Knex.QueryBuilder =>
    trx('accounts')
      .where({ id: accountId })
      .where((left) => void left.whereNot({ status: 'erased' }).orWhereNotNull('login').orWhereNotNull('password_hash'));
  const tombstone = { status: 'erased', suspended_reason: null, login: null, password_hash: null, time_zone: 'UTC', locale: 'en' };
  return {
    place: 'accounts',
    count: async (subject) => ({
      accounts: await ifEnding(main, subject, async (trx, id) => (await alive(trx, id).select('id')).length),
    }),
    erase: async (subject) => ({
      counts: { accounts: await ifEnding(main, subject, async (trx, id) => alive(trx, id).update(tombstone)) },
    }),
  };
}

/** Their second factor. */
export function mfaStore(main: Knex): ErasableStore {
  const rows = (trx: Knex.Transaction, accountId: string): Knex.QueryBuilder => trx('account_mfa').where({ account_id: accountId });
  return {
    place: 'account_mfa',
    count: async (subject) => ({
      account_mfa: await ifEnding(main, subject, async (trx, id) => (await rows(trx, id).select('account_id')).length),
    }),
    erase: async (subject) => ({ counts: { account_mfa: await ifEnding(main, subject, async (trx, id) => rows(trx, id).delete()) } }),
  };
}
