import type { Reply, SandboxRequest } from '../support/http.ts';
import { dataRoute, objectBody } from './context.ts';
import type { RobloxContext, RobloxRoute } from './context.ts';
import { isDeleted, newest, presentEntry, presentName, presentRevision } from './entries.ts';
import type { Content, Entries, Entry, Place, Revision } from './entries.ts';
import { invalid, notFound } from './failure.ts';
import { pageOf, prefixOf, showsDeleted } from './paging.ts';

type Params = Readonly<Record<string, string>>;
const permission = 'universe-datastores.objects';
const mostEntries = 256;
const mostRevisions = 100;
const longestId = 50;

/** Entries of a data store, in its scope `global`, and in scopes that are named. */
export const entryRoutes = (context: RobloxContext, entries: Entries): RobloxRoute[] => [
  ...routesAt(context, entries, '/cloud/v2/universes/{universe_id}/data-stores/{data_store_id}/entries', false),
  ...routesAt(context, entries, '/cloud/v2/universes/{universe_id}/data-stores/{data_store_id}/scopes/{scope_id}/entries', true),
];

/** Where an entry is; what stands after an `@` names a revision, and is told apart before anything is decoded. */
function placeOf(params: Params, id: string): { place: Place; revision: string | undefined } {
  const [name = '', revision] = id.split('@');
  const { universe_id: universe = '', data_store_id: dataStore = '', scope_id: scope = 'global' } = params;
  const decoded = [dataStore, scope, name].map((part) => decodeURIComponent(part));
  const [ofStore = '', ofScope = '', ofEntry = ''] = decoded;
  return { place: { universe, dataStore: ofStore, scope: ofScope, id: ofEntry }, revision: revision && decodeURIComponent(revision) };
}

const routesAt = (context: RobloxContext, entries: Entries, root: string, scoped: boolean): RobloxRoute[] => [
  ...readingAt(entries, root, scoped),
  ...writingAt(context, entries, root, scoped),
];

function activeAt(entries: Entries, place: Place): Entry {
  const entry = entries.find(place);
  if (!entry || isDeleted(entry)) throw notFound('Entry');
  return entry;
}

function readingAt(entries: Entries, root: string, scoped: boolean): RobloxRoute[] {
  const one = `${root}/{entry_id}`;
  return [
    dataRoute(`GET ${root}`, { scopes: [`${permission}:list`], budget: 'list' }, (request, params) => {
      const { place } = placeOf(params, '');
      entries.stores.demand(place.universe, place.dataStore);
      const [prefix, deletedToo] = [prefixOf(request), showsDeleted(request)];
      const found = entries
        .list(place.universe, place.dataStore, place.scope)
        .filter((entry) => entry.id.startsWith(prefix) && (deletedToo || !isDeleted(entry)));
      const { page, next } = pageOf(request, found, entries.keyOf, mostEntries);
      return { status: 200, body: { dataStoreEntries: page.map((entry) => presentName(entry, scoped)), ...next } };
    }),
    dataRoute(`GET ${one}`, { scopes: [`${permission}:read`], budget: 'read' }, (_, params) => {
      const { place, revision } = placeOf(params, params['entry_id'] ?? '');
      if (revision === undefined || revision === 'latest') return { status: 200, body: presentEntry(activeAt(entries, place), scoped) };
      const entry = entries.find(place);
      const found = entry?.revisions.findLast((one) => isWanted(one, revision));
      if (!entry || !found) throw notFound('Entry');
      return { status: 200, body: presentEntry(entry, scoped, found) };
    }),
    dataRoute(`GET ${one}:listRevisions`, { scopes: ['universe-datastores.versions:list'], budget: 'list' }, (request, params) =>
      revisionsOf(request, entries.find(placeOf(params, params['entry_id'] ?? '').place), scoped),
    ),
  ];
}

function writingAt(context: RobloxContext, entries: Entries, root: string, scoped: boolean): RobloxRoute[] {
  const one = `${root}/{entry_id}`;
  const told = (operation: string, place: Place, body: unknown, id: string) =>
    context.ledger.record({ operation, businessKey: presentName(place, true).path, body, id });
  const written = (operation: string, place: Place, body: unknown, content: Content): Reply => {
    const entry = entries.put(place, content);
    told(operation, place, body, newest(entry).id);
    return { status: 200, body: presentEntry(entry, scoped) };
  };

  return [
    dataRoute(`POST ${root}`, { scopes: [`${permission}:create`], budget: 'write' }, (request, params) => {
      const id = request.query.get('id') ?? '';
      if (id.length < 1 || id.length > longestId) throw invalid('The id must have 1 to 50 characters.');
      const { place } = placeOf(params, encodeURIComponent(id));
      const known = entries.find(place);
      if (known && !isDeleted(known)) throw invalid('Entry already exists.');
      const body = objectBody(request);
      return written(`POST ${root}`, place, body, contentOf(body));
    }),
    dataRoute(`PATCH ${one}`, { scopes: [`${permission}:update`], budget: 'write' }, (request, params) => {
      const { place, revision } = placeOf(params, params['entry_id'] ?? '');
      if (revision !== undefined) throw invalid('A revision cannot be updated.');
      if (request.query.get('allowMissing') !== 'true') activeAt(entries, place);
      const body = objectBody(request);
      return written(`PATCH ${one}`, place, body, contentOf(body));
    }),
    dataRoute(`DELETE ${one}`, { scopes: [`${permission}:delete`], budget: 'remove' }, (_, params) => {
      const { place } = placeOf(params, params['entry_id'] ?? '');
      activeAt(entries, place);
      told(`DELETE ${one}`, place, null, newest(entries.remove(place)).id);
      return { status: 200 };
    }),
    dataRoute(`POST ${one}:increment`, { scopes: [`${permission}:create`, `${permission}:update`], budget: 'write' }, (request, params) => {
      const { place } = placeOf(params, params['entry_id'] ?? '');
      const body = objectBody(request);
      const known = entries.find(place);
      const before = known && !isDeleted(known) ? newest(known).value : 0;
      const amount = body['amount'] ?? 1;
      if (!Number.isInteger(before) || !Number.isInteger(amount)) throw invalid('The value and the amount must be integers.');
      return written(`POST ${one}:increment`, place, body, { ...contentOf(body), value: (before as number) + (amount as number) });
    }),
  ];
}

/** Newest first; with the tombstone of a deleted entry, while there is one. Their values are read one by one. */
function revisionsOf(request: SandboxRequest, entry: Entry | undefined, scoped: boolean): Reply {
  if (!entry) throw notFound('Entry');
  const numbered = entry.revisions.toReversed().map((revision, index) => ({ revision, key: String(index).padStart(6, '0') }));
  const { page, next } = pageOf(request, numbered, ({ key }) => key, mostRevisions);
  return { status: 200, body: { dataStoreEntries: page.map(({ revision }) => presentRevision(entry, scoped, revision)), ...next } };
}

/** `latest:<time>` is the one that stood then. */
function isWanted({ id, atMs }: Revision, wanted: string): boolean {
  if (!wanted.startsWith('latest:')) return id === wanted;
  return atMs <= Date.parse(wanted.slice('latest:'.length));
}

function contentOf({ value, users = [], attributes = {} }: Readonly<Record<string, unknown>>): Content {
  const named = Array.isArray(users) && users.every((user) => typeof user === 'string' && /^users\/\d+$/.test(user));
  if (!named) throw invalid('Each user must be a resource path, users/{user_id}.');
  return { value: value ?? null, users: users as string[], attributes: attributes as Record<string, unknown> };
}
