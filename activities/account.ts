import type { Knex } from 'knex';
import { NotFoundError } from '../domain/errors.ts';
import type { RunContext } from '../domain/run.ts';
import { audit } from '../platform/audit.ts';
import { inTenant } from '../platform/database.ts';
import type { Keyring } from '../platform/keyring.ts';
import { Invitation } from '../platform/models/invitation.ts';
import { Person } from '../platform/models/person.ts';
import { SealedInput } from '../platform/models/sealed-input.ts';
import { TenantSettings } from '../platform/models/tenant.ts';
import { sealRow } from '../platform/pii.ts';

export interface AccountDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'createSubjectKeys' | 'sealer' | 'destroySubjectKeys'>;
}
/** Ids are made by the workflow, so that every attempt brings the same. */
export interface CreateAdminInput {
  readonly tenantId: string;
  readonly personId: string;
  readonly invitationId: string;
  readonly run: RunContext;
}
interface AdminInput {
  readonly adminEmail: string;
  readonly adminName: string;
}
const dayMs = 86_400_000;

export const createAccountActivities = ({ knex, keyring }: AccountDeps) => ({
  /** Safe to retry: person and invitation are kept by the ids they come with. Opens the sealed input here, and nowhere else. */
  async createAdmin(input: CreateAdminInput): Promise<void> {
    const { tenantId, personId } = input;
    const admin = await openInput<AdminInput>({ knex, keyring }, input.run);
    await keyring.createSubjectKeys(tenantId, [personId]);
    const sealer = await keyring.sealer(tenantId, [personId]);
    const place = { table: Person.tableName, tenantId, subjectId: personId, rowId: personId };
    const sealed = sealRow(sealer, { display_name: Person.pii.display_name, email: Person.pii.email }, place, {
      display_name: admin.adminName,
      email: admin.adminEmail,
    });
    await insertAdmin(knex, input, sealed);
  },
  /** Safe to retry, and when there is no such person: the row goes with its invitations, then the key. */
  async removeAdmin({ tenantId, personId }: { readonly tenantId: string; readonly personId: string }): Promise<void> {
    await inTenant(knex, tenantId, async (trx) => Person.query(trx).delete().where({ tenant_id: tenantId, id: personId }));
    await keyring.destroySubjectKeys(tenantId, [personId]);
  },
  /** Safe to retry, and when there was none: the key first, so that what is left of the row opens no more. `tenantId`: the run's. */
  async discardInput({ tenantId, sealedInputId }: { readonly tenantId: string; readonly sealedInputId: string }): Promise<void> {
    await keyring.destroySubjectKeys(tenantId, [sealedInputId]);
    await inTenant(knex, tenantId, async (trx) => SealedInput.query(trx).delete().where({ tenant_id: tenantId, id: sealedInputId }));
  },
});
export type AccountActivities = ReturnType<typeof createAccountActivities>;

/** What the API sealed before it started the run. Throws NotFoundError, or KeyDestroyedError, when it was discarded. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what its process declares
export async function openInput<Input>(
  { knex, keyring }: Pick<AccountDeps, 'knex'> & { readonly keyring: Pick<Keyring, 'sealer'> },
  { tenantId, sealedInputId: id }: RunContext,
): Promise<Input> {
  const row = id && (await inTenant(knex, tenantId, async (trx) => SealedInput.query(trx).findOne({ tenant_id: tenantId, id })));
  if (!row) throw new NotFoundError('sealed input');
  const sealer = await keyring.sealer(tenantId, [id]);
  return JSON.parse(sealer.open(id, { tenantId, table: SealedInput.tableName, column: 'sealed', rowId: id }, row.sealed)) as Input;
}

type SealedNames = Partial<Pick<Person, 'display_name' | 'email'>>;

async function insertAdmin(knex: Knex, { tenantId, personId, invitationId, run }: CreateAdminInput, sealed: SealedNames): Promise<void> {
  await inTenant(knex, tenantId, async (trx) => {
    if (await Person.query(trx).findOne({ tenant_id: tenantId, id: personId }).select('id')) return;
    const settings = await TenantSettings.query(trx).findById(tenantId).throwIfNotFound();
    const person = { id: personId, tenant_id: tenantId, source: 'onboarding', roles: ['tenant_admin'], ...sealed };
    await Person.query(trx).insert(person);
    await Invitation.query(trx).insert({
      id: invitationId,
      tenant_id: tenantId,
      person_id: personId,
      role: 'tenant_admin',
      run_id: run.runId,
      expires_at: new Date(Date.now() + settings.invitation_days * dayMs),
    });
    const { startedBy: actorId, requestId, runId } = run;
    await audit(trx, { tenantId, actorId, requestId, runId, action: 'person.create', objectType: 'person', objectId: personId });
  });
}
