import { Readable } from 'node:stream';
import { platformTenantId } from '../../../domain/roles.ts';
import { newId } from '../../../platform/ids.ts';
import { createUploads } from '../../../platform/roster/uploads.ts';
import type { Process } from '../../../processes/support/define.ts';
import { makeTenant } from '../../support/school.ts';
import type { Parts } from './parts.ts';

/** What an example may ask of the place it runs in. */
export interface Place extends Pick<Parts, 'databases' | 'keyring' | 'vault' | 'sandboxes'> {
  /** Of this run alone, and as long as every other: for slugs and the like. */
  readonly name: string;
  /** In whose name the run is started: the platform's own, or a school's that was made for this run alone. */
  readonly tenantId: string;
  /** Stores a file as the API does; resolves to the upload's id. */
  readonly upload: (zip: Buffer) => Promise<string>;
  /** The ids of what was uploaded. */
  readonly uploads: readonly string[];
}

let named = 0;

/** A place for one run of the process. */
export async function makePlace(parts: Parts, { scope }: Process): Promise<Place> {
  const { databases, keyring, vault, storage, sandboxes } = parts;
  const name = `crash-${String((named += 1)).padStart(6, '0')}`;
  const tenantId = scope === 'platform' ? platformTenantId : await makeTenant({ main: databases.main, vault: vault.vault }, name);
  const ids: string[] = [];
  const upload = async (zip: Buffer): Promise<string> => {
    const uploads = createUploads({ main: databases.main, keyring, storage });
    const stored = await uploads.receive({ tenantId, accountId: newId(), requestId: newId(), body: Readable.from([zip]) });
    ids.push(stored.id);
    return stored.id;
  };
  return { databases, keyring, vault, sandboxes, name, tenantId, upload, uploads: ids };
}
