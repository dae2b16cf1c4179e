import { createAccountActivities } from '../../../activities/account.ts';
import { createKeyActivities } from '../../../activities/keys.ts';
import { createTenantActivities } from '../../../activities/tenant.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext } from '../../../domain/run.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../../platform/keyring.ts';
import { SealedInput } from '../../../platform/models/sealed-input.ts';
import { type Databases, useDatabases } from '../../support/database.ts';
import { type TestVault, useVault } from '../../support/vault.ts';

export interface Making {
  readonly databases: Databases;
  readonly vault: TestVault;
  readonly keyring: Keyring;
  readonly tenants: ReturnType<typeof createTenantActivities>;
  readonly keys: ReturnType<typeof createKeyActivities>;
  readonly accounts: ReturnType<typeof createAccountActivities>;
}
/** Call in a `describe`: the stores a school is made in, real ones, and the activities that make it. */
export function useMaking(): Making {
  const databases = useDatabases();
  const vault = useVault();
  const making = { databases, vault } as Making;
  before(() => {
    const keyring = createKeyring({ knex: databases.keyring, vault: vault.vault });
    const tenants = createTenantActivities({ knex: databases.main });
    const accounts = createAccountActivities({ knex: databases.main, keyring });
    Object.assign(making, { keyring, tenants, accounts, keys: createKeyActivities({ vault: vault.vault, keyring }) });
  });
  return making;
}

export const admin = { adminEmail: 'ada.lovelace@lincoln.example', adminName: 'Ada Lovelace' };

/** Seals the personal part of an input as the API does before it starts a run. Resolves to its id. */
export async function sealInput({ databases, keyring }: Pick<Making, 'databases' | 'keyring'>, personal: object): Promise<string> {
  const id = newId();
  await keyring.createSubjectKeys(platformTenantId, [id]);
  const sealer = await keyring.sealer(platformTenantId, [id]);
  const place = { tenantId: platformTenantId, table: 'sealed_inputs', column: 'sealed', rowId: id };
  const row = { id, tenant_id: platformTenantId, sealed: sealer.seal(id, place, JSON.stringify(personal)) };
  await inTenant(databases.main, platformTenantId, async (trx) => SealedInput.query(trx).insert(row));
  return id;
}

export const runOf = (sealedInputId?: string): RunContext => ({
  runId: newId(),
  tenantId: platformTenantId,
  startedBy: newId(),
  requestId: newId(),
  ...(sealedInputId ? { sealedInputId } : {}),
});

export interface Made {
  readonly tenantId: string;
  readonly slug: string;
  readonly run: RunContext;
  readonly personId: string;
  readonly invitationId: string;
}
/** A school up to its first administrator, who is invited and not yet written to. */
export async function makeUpToAdmin(making: Making, personal = admin): Promise<Made> {
  const run = runOf(await sealInput(making, personal));
  const tenantId = run.runId;
  const slug = `s-${tenantId.slice(-12)}`;
  await making.tenants.reserveSlug({ tenantId, slug, name: 'Lincoln <High> & "Co"', region: 'eu', plan: 'school', inviteStaff: true, run });
  await making.keys.createTenantKeys({ tenantId });
  const made = { tenantId, personId: newId(), invitationId: newId(), run };
  await making.accounts.createAdmin(made);
  return { ...made, slug };
}
