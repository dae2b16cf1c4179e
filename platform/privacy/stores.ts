import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Keyring } from '../keyring.ts';
import type { Pseudonyms } from '../pseudonyms.ts';
import type { UploadDeps } from '../roster/uploads.ts';
import type { Temporal } from '../temporal.ts';
import type { PlaceName } from './places.ts';
import type { ErasableStore } from './store.ts';
import { accountStore, mfaStore } from './stores/account.ts';
import { breakGlassStore } from './stores/break-glass.ts';
import { exportStore } from './stores/exports.ts';
import { guardianshipStore } from './stores/guardianships.ts';
import { historyStore } from './stores/histories.ts';
import { holdStore } from './stores/holds.ts';
import { keyringStore } from './stores/keyring.ts';
import { peopleStore } from './stores/people.ts';
import { redisStore } from './stores/redis.ts';
import { rowStores } from './stores/rows.ts';
import { sealedInputStore } from './stores/sealed-inputs.ts';
import { uploadStore } from './stores/uploads.ts';

export interface HouseDeps {
  readonly knex: Knex;
  readonly keyring: Keyring;
  /** The keyring cluster. */
  readonly keyringDatabase: Knex;
  readonly storage: UploadDeps['storage'];
  readonly redis: Redis;
  readonly pseudonyms: Pseudonyms;
  readonly temporal: Temporal;
}

/** Every place that the platform itself keeps. Vendors' are with the activities of their queues. */
export function houseStores(deps: HouseDeps): ReadonlyMap<PlaceName, ErasableStore> {
  const { knex } = deps;
  const stores: ErasableStore[] = [
    ...rowStores(knex),
    peopleStore(knex),
    accountStore(knex),
    mfaStore(knex),
    sealedInputStore(deps),
    uploadStore(deps),
    exportStore(deps),
    guardianshipStore(deps),
    breakGlassStore(deps),
    holdStore(deps),
    redisStore(deps),
    historyStore(deps),
    keyringStore(deps, 'subject_keys'),
    keyringStore(deps, 'blind_indexes'),
  ];
  return new Map(stores.map((store) => [store.place, store]));
}
