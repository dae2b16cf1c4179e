import { dataRoute, timestamp } from './context.ts';
import type { RobloxContext, RobloxRoute } from './context.ts';
import type { DataStore } from './data-stores.ts';
import type { Entries } from './entries.ts';
import { pageOf, prefixOf, showsDeleted } from './paging.ts';

const root = '/cloud/v2/universes/{universe_id}/data-stores';
const permission = 'universe-datastores.control';
const most = 100;

/** A data store is there once something was written into it; deleted, it can be taken back for 30 days. */
export const dataStoreRoutes = ({ ledger }: RobloxContext, entries: Entries): RobloxRoute[] => [
  dataRoute(`GET ${root}`, { scopes: [`${permission}:list`], budget: 'list' }, (request, { universe_id: universe = '' }) => {
    const [prefix, deletedToo] = [prefixOf(request), showsDeleted(request)];
    const found = entries.stores
      .list(universe)
      .filter(({ id, expireMs }) => id.startsWith(prefix) && (deletedToo || expireMs === undefined));
    const { page, next } = pageOf(request, found, ({ id }) => id, most);
    return { status: 200, body: { dataStores: page.map(present), ...next } };
  }),
  dataRoute(`DELETE ${root}/{data_store_id}`, { scopes: [`${permission}:delete`], budget: 'remove' }, (_, params) => {
    const marked = entries.stores.mark(params['universe_id'] ?? '', decodeURIComponent(params['data_store_id'] ?? ''), true);
    ledger.record({ operation: `DELETE ${root}/{data_store_id}`, businessKey: pathOf(marked), body: null, id: marked.id });
    return { status: 200, body: present(marked) };
  }),
  dataRoute(`POST ${root}/{data_store_id}:undelete`, { scopes: [`${permission}:delete`], budget: 'write' }, (_, params) => {
    const open = entries.stores.mark(params['universe_id'] ?? '', decodeURIComponent(params['data_store_id'] ?? ''), false);
    ledger.record({ operation: `POST ${root}/{data_store_id}:undelete`, businessKey: pathOf(open), body: {}, id: open.id });
    return { status: 200, body: present(open) };
  }),
  dataRoute(`POST ${root}:snapshot`, { scopes: [`${permission}:snapshot`], budget: 'write' }, (_, { universe_id: universe = '' }) => {
    const { taken, atMs } = entries.snapshot(universe);
    if (taken) ledger.record({ operation: `POST ${root}:snapshot`, businessKey: universe, body: {}, id: timestamp(atMs) });
    return { status: 200, body: { newSnapshotTaken: taken, latestSnapshotTime: timestamp(atMs) } };
  }),
];

const pathOf = ({ universe, id }: DataStore): string => `universes/${universe}/data-stores/${id}`;
const present = (found: DataStore) => ({
  path: pathOf(found),
  id: found.id,
  createTime: timestamp(found.createdMs),
  state: found.expireMs === undefined ? 'ACTIVE' : 'DELETED',
  ...(found.expireMs === undefined ? {} : { expireTime: timestamp(found.expireMs) }),
});
