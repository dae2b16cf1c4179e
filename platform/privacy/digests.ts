import type { Knex } from 'knex';
import { hmacKey, type IndexPurpose } from '../blind-index.ts';
import { inTenant } from '../database.ts';
import type { Keyring } from '../keyring.ts';
import { Person } from '../models/person.ts';
import { openRow } from '../pii.ts';
import type { Subject } from './subject.ts';
import { termsOf } from './terms.ts';

export interface DigestDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
}
type Indexed = Pick<Keyring, 'blindIndex'>;

/**
 * Before the key goes: the digests that later searches need, with the request as their subject. An address that a relative who stays has,
 * too, is not suppressed: the mails of a child's guardian are theirs.
 */
export async function rememberDigests(deps: DigestDeps, subject: Subject, requestId: string): Promise<{ suppressed: number }> {
  const terms = await termsOf(deps, subject);
  const index = await deps.keyring.blindIndex(subject.tenantId);
  const put = (purpose: IndexPurpose, values: readonly string[]): Promise<unknown> =>
    index.put(
      purpose,
      values.map((value) => ({ hmac: index.hmac(purpose, value), subjectId: requestId })),
    );
  const shared = await addressesOfRelatives(deps, subject);
  const own = terms.emails.filter((email) => !shared.has(email.trim().toLowerCase()));
  await put('suppressed-mail', own);
  await put('erased-term', terms.all);
  return { suppressed: own.length };
}

/** At the end nothing is searched any more: what was kept for it goes. That an address is suppressed stays. */
export async function forgetDigests(keyring: Indexed, tenantId: string, requestId: string): Promise<void> {
  const index = await keyring.blindIndex(tenantId);
  for (const purpose of ['erased-term', 'erased-roblox'] as const) await index.remove([requestId], purpose);
}

/** Whether a value is of somebody whose erasure is under way in this school: all digests of theirs, read once. */
export async function erasedMatcher(keyring: Indexed, tenantId: string): Promise<{ has(value: string | null | undefined): boolean }> {
  const index = await keyring.blindIndex(tenantId);
  const digests = await index.digests('erased-term');
  return { has: (value) => Boolean(value) && digests.has(hmacKey(index.hmac('erased-term', value ?? ''))) };
}

/** Whether nobody of this school writes to the address again. */
export async function isSuppressed(keyring: Indexed, tenantId: string, email: string): Promise<boolean> {
  const index = await keyring.blindIndex(tenantId);
  return (await index.find('suppressed-mail', [index.hmac('suppressed-mail', email)])).size > 0;
}

async function addressesOfRelatives({ knex, keyring }: DigestDeps, { tenantId, personId }: Subject): Promise<Set<string>> {
  const people = await inTenant(knex, tenantId, async (trx) => {
    const ties = await trx('guardianships')
      .where({ tenant_id: tenantId })
      .where((either) => void either.where({ guardian_id: personId }).orWhere({ child_id: personId }))
      .select<{ guardian_id: string; child_id: string }[]>('guardian_id', 'child_id');
    const guardians = ties.map(({ guardian_id: id }) => id);
    const siblings = await trx('guardianships')
      .where({ tenant_id: tenantId })
      .whereIn('guardian_id', guardians)
      .select<{ child_id: string }[]>('child_id');
    const ids = [...guardians, ...ties.map(({ child_id: id }) => id), ...siblings.map(({ child_id: id }) => id)];
    return Person.query(trx)
      .where({ tenant_id: tenantId })
      .whereIn(
        'id',
        ids.filter((id) => id !== personId),
      )
      .whereNotNull('email');
  });
  const sealer = await keyring.sealer(
    tenantId,
    people.map(({ id }) => id),
  );
  const addresses = people.flatMap(({ id, email }) => {
    if (!sealer.has(id)) return [];
    const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
    return openRow(sealer, { email: 'email' }, place, { email }).email ?? [];
  });
  return new Set(addresses.map((address) => address.trim().toLowerCase()));
}
