import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { Person } from '../../platform/models/person.ts';
import { sealRow } from '../../platform/pii.ts';
import type { Knex } from 'knex';
import { rowsOf } from './database-rows.ts';
import type { Databases } from './database.ts';
import { servers } from './servers.ts';
import type { Control } from '../../sandboxes/support/control-client.ts';

export const universeId = '1001';

/** A person who plays under this number, as whoever sets it writes the row; who sets it does not put it into the index here. */
export async function addPlayer(
  { main, keyring }: { readonly main: Knex; readonly keyring: Pick<Keyring, 'sealerOfNew'> },
  tenantId: string,
  userId: string,
): Promise<string> {
  const id = newId();
  const sealer = await keyring.sealerOfNew(tenantId, [id]);
  const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
  const sealed = sealRow(sealer, Person.pii, place, { display_name: 'Ada', roblox_user_id: userId });
  await inTenant(main, tenantId, async (trx) =>
    Person.query(trx).insert({ id, tenant_id: tenantId, source: 'test', roles: ['student'], ...sealed }),
  );
  return id;
}

/** Stores something in a data store, as an experience does. `store`: `Players`, or `Players/<scope>`. */
export async function play(url: string, store: string, key: string, value: unknown = { coins: 3 }): Promise<void> {
  const [name = '', scope = 'global'] = store.split('/');
  const path = `/cloud/v2/universes/${universeId}/data-stores/${name}/scopes/${scope}/entries?id=${encodeURIComponent(key)}`;
  const headers = { 'x-api-key': 'game', 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify({ value }) });
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
}

/** The same in an ordered data store. */
export async function playOrdered(url: string, store: string, key: string, value = 3): Promise<void> {
  const path = `/cloud/v2/universes/${universeId}/ordered-data-stores/${store}/scopes/global/entries?id=${encodeURIComponent(key)}`;
  const headers = { 'x-api-key': 'game', 'content-type': 'application/json' };
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify({ value }) });
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
}

/** Effects on one key, as `POST`, `PATCH`, `DELETE`. */
export const effectsOn = async (control: Control, key: string): Promise<string[]> =>
  (await control.ledger())
    .filter(({ businessKey }) => businessKey?.endsWith(`/${key}`))
    .map(({ operation }) => operation.split(' ')[0] ?? '');

/** Every row of both clusters as text. */
export async function databaseText({ urls }: Pick<Databases, 'urls'>): Promise<string> {
  const { postgres, keyring } = servers();
  const rows = await Promise.all([rowsOf(postgres.adminUrl, urls.main), rowsOf(keyring.adminUrl, urls.keyring)]);
  return rows.flatMap((tables) => [...tables.values()].flat()).join('\n');
}
