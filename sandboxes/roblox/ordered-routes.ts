import { dataRoute, objectBody } from './context.ts';
import type { RobloxContext, RobloxRoute } from './context.ts';
import { invalid, notFound } from './failure.ts';
import { pageOf } from './paging.ts';

const root = '/cloud/v2/universes/{universe_id}/ordered-data-stores/{ordered_data_store_id}/scopes/{scope_id}/entries';
const one = `${root}/{entry_id}`;
const read = { scopes: ['universe.ordered-data-store.scope.entry:read'], budget: 'read' } as const;
const write = { scopes: ['universe.ordered-data-store.scope.entry:write'], budget: 'write' } as const;
const most = 100;
const longestId = 63;

interface Ordered {
  readonly path: string;
  readonly id: string;
  readonly value: number;
}
type Params = Readonly<Record<string, string>>;

/** Numbers in order. They have no revisions: what is deleted is gone. */
export function orderedRoutes({ store, ledger }: RobloxContext): RobloxRoute[] {
  const rows = store.collection<Ordered>('ordered_entries');
  const folderOf = ({ universe_id: universe, ordered_data_store_id: dataStore = '', scope_id: scope = '' }: Params): string =>
    `universes/${universe}/ordered-data-stores/${decodeURIComponent(dataStore)}/scopes/${decodeURIComponent(scope)}/entries/`;
  const pathOf = (params: Params): string => folderOf(params) + decodeURIComponent(params['entry_id'] ?? '');
  const demand = (params: Params): Ordered => {
    const found = rows.get(pathOf(params));
    if (!found) throw notFound('Entry');
    return found;
  };
  const keep = (operation: string, path: string, body: unknown, value: unknown) => {
    if (typeof value !== 'number') throw invalid('The value must be a number.');
    const row = { path, id: path.slice(path.lastIndexOf('/') + 1), value: Math.round(value) };
    rows.put(path, row);
    ledger.record({ operation, businessKey: path, body, id: row.id });
    return { status: 200, body: row };
  };

  return [
    dataRoute(`GET ${root}`, { ...read, budget: 'list' }, (request, params) => {
      const sign = request.query.get('orderBy')?.endsWith(' desc') ? -1 : 1;
      const found = rows
        .values()
        .filter(({ path }) => path.startsWith(folderOf(params)))
        .sort((a, b) => sign * (a.value - b.value))
        .map((row, index) => ({ row, key: String(index).padStart(9, '0') }));
      const { page, next } = pageOf(request, found, ({ key }) => key, most);
      return { status: 200, body: { orderedDataStoreEntries: page.map(({ row }) => row), ...next } };
    }),
    dataRoute(`POST ${root}`, write, (request, params) => {
      const id = request.query.get('id') ?? '';
      if (id.length < 1 || id.length > longestId) throw invalid('The id must have 1 to 63 characters.');
      const path = folderOf(params) + id;
      if (rows.get(path)) throw invalid('Entry already exists.');
      const body = objectBody(request);
      return keep(`POST ${root}`, path, body, body['value']);
    }),
    dataRoute(`GET ${one}`, read, (_, params) => ({ status: 200, body: demand(params) })),
    dataRoute(`PATCH ${one}`, write, (request, params) => {
      if (request.query.get('allowMissing') !== 'true') demand(params);
      const body = objectBody(request);
      return keep(`PATCH ${one}`, pathOf(params), body, body['value']);
    }),
    dataRoute(`DELETE ${one}`, { ...write, budget: 'remove' }, (_, params) => {
      const { path, id } = demand(params);
      rows.delete(path);
      ledger.record({ operation: `DELETE ${one}`, businessKey: path, body: null, id });
      return { status: 200 };
    }),
    dataRoute(`POST ${one}:increment`, write, (request, params) => {
      const body = objectBody(request);
      const before = rows.get(pathOf(params))?.value ?? 0;
      return keep(`POST ${one}:increment`, pathOf(params), body, before + Number(body['amount'] ?? 1));
    }),
  ];
}
