import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { piiTypes } from '../../domain/pii.ts';
import { loadModels, type DeclaredModel } from '../../platform/models/all.ts';
import { useDatabases } from '../support/database.ts';
import { readCatalogue, type Column, type Table } from './catalogue.ts';

/** Types that cannot hold a word about a person. Whatever is not one of them must be declared or named. */
const wordless = /^(uuid|boolean|smallint|integer|bigint|timestamp with time zone)$/;
const history = /^knex_migrations/;

describe('personal data', () => {
  const databases = useDatabases();
  let models: readonly DeclaredModel[];
  let tables: readonly Table[];
  const modelOf = ({ name }: Pick<Table, 'name'>): DeclaredModel | undefined => models.find(({ tableName }) => tableName === name);
  const wordsOf = ({ columns }: Table): readonly Column[] => columns.filter(({ type }) => !wordless.test(type));

  before(async () => {
    models = await loadModels();
    const catalogues = await Promise.all([databases.owner, databases.keyringOwner].map((knex: Knex) => readCatalogue(knex)));
    tables = catalogues.flat().filter(({ name }) => !history.test(name));
  });

  it('has one model for every table of both clusters, and none for a table that is not there', () => {
    assert.deepEqual(models.map(({ tableName }) => tableName).sort(), tables.map(({ name }) => name).sort());
  });

  it('is read by every column of a table, or by none named', () => {
    const different = tables.flatMap((table) => {
      const named = modelOf(table)?.columns;
      const there = table.columns.map(({ name }) => name).sort();
      return named && [...named].sort().join() !== there.join() ? `${table.name}: ${there.join()}` : [];
    });
    assert.deepEqual(different, []);
  });

  it('is declared, or said to be harmless, in every column that can hold words', () => {
    const silent = tables.flatMap((table) => {
      const { pii = {}, harmless = [] } = modelOf(table) ?? {};
      return wordsOf(table)
        .filter(({ name }) => !(name in pii) && !harmless.includes(name))
        .map(({ name }) => `${table.name}.${name}`);
    });
    assert.deepEqual(silent, []);
  });

  it('is declared only for columns that exist, and never as both', () => {
    const wrong = tables.flatMap((table) => {
      const { pii = {}, harmless = [] } = modelOf(table) ?? {};
      const words = wordsOf(table).map(({ name }) => name);
      return [...Object.keys(pii), ...harmless]
        .filter((name, index, names) => !words.includes(name) || names.indexOf(name) !== index)
        .map((name) => `${table.name}.${name}`);
    });
    assert.deepEqual(wrong, []);
  });

  it('lies in bytes only: there is no column it could be written to in clear', () => {
    const clear = tables.flatMap((table) =>
      table.columns
        .filter(({ name, type }) => name in (modelOf(table)?.pii ?? {}) && type !== 'bytea')
        .map(({ name }) => `${table.name}.${name}`),
    );
    assert.deepEqual(clear, []);
  });

  it('is declared in every column that bears the name of a kind of it, whatever its type', () => {
    const kinds: ReadonlySet<string> = new Set([...piiTypes, ...models.flatMap(({ pii }) => Object.keys(pii ?? {}))]);
    const undeclared = tables.flatMap((table) =>
      table.columns
        .filter(({ name }) => kinds.has(name) && !(name in (modelOf(table)?.pii ?? {})))
        .map(({ name }) => `${table.name}.${name}`),
    );
    // The names of things: a school and a unit of one. Everything else called a name is a person's.
    assert.deepEqual(undeclared.sort(), ['org_units.name', 'tenants.name']);
  });

  it('is never bytes but sealed: bytes said to be harmless are digests', () => {
    const bytes = tables.flatMap((table) =>
      table.columns
        .filter(({ name, type }) => type === 'bytea' && modelOf(table)?.harmless?.includes(name))
        .filter(({ name }) => !/(^|_)(hash|digest|hmac)$/.test(name))
        .map(({ name }) => `${table.name}.${name}`),
    );
    assert.deepEqual(bytes, []);
  });

  it('has a place for each of the 13 kinds', () => {
    const declared = new Set<string>(models.flatMap(({ pii }) => Object.values(pii ?? {})));
    assert.equal(piiTypes.length, 13);
    assert.deepEqual(
      piiTypes.filter((kind) => !declared.has(kind)),
      [],
    );
  });

  it('is found missing from the models when a migration adds a column of words', async () => {
    await databases.owner.raw('alter table people add column nickname text');
    const people = (await readCatalogue(databases.owner)).find(({ name }) => name === 'people');
    assert.ok(people);
    const { pii = {}, harmless = [] } = modelOf(people) ?? {};
    assert.deepEqual(
      wordsOf(people)
        .filter(({ name }) => !(name in pii) && !harmless.includes(name))
        .map(({ name }) => name),
      ['nickname'],
    );
  });
});
