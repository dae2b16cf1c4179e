import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import knex, { type Knex } from 'knex';
import { clusters, migrationSource } from '../platform/migrator.ts';
import type { CheckOutcome } from './outcome.ts';

interface Sent {
  sql: string;
  response?: unknown;
}

/** A Knex that sends nothing and keeps what it would have sent. */
function recording(): { readonly knex: Knex; readonly statements: string[] } {
  const statements: string[] = [];
  const recorder = knex({ client: 'pg' });
  const client = recorder.client as Record<string, unknown>;
  client['acquireConnection'] = async () => ({ __knexUid: 'recorder' });
  client['releaseConnection'] = async () => undefined;
  client['_query'] = async (_connection: unknown, sent: Sent) => {
    if (!/^(BEGIN|COMMIT|ROLLBACK)/i.test(sent.sql)) statements.push(sent.sql.trim().replace(/;?$/, ';'));
    return Object.assign(sent, { response: { rows: [], rowCount: 0, command: '' } });
  };
  return { knex: recorder, statements };
}

/** The SQL of every migration, one file each, in a folder that the caller removes. */
async function writeSql(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const cluster of clusters) {
    const source = migrationSource(cluster);
    for (const name of await source.getMigrations([])) {
      const { knex: recorder, statements } = recording();
      await (await source.getMigration(name)).up(recorder);
      files.push(join(folder, `${cluster}.${name.replace(/\.ts$/, '')}.sql`));
      writeFileSync(files.at(-1) ?? '', statements.join('\n\n'));
    }
  }
  return files;
}

interface Violation {
  readonly file: string;
  readonly line: number;
  readonly rule_name: string;
  readonly message: string;
}

/** Statements that stop a live system, or lose what it has, by the rule that must find each. */
export const planted: Readonly<Record<string, string>> = {
  'require-concurrent-index-creation': 'create index people_by_name on people (name);',
  'adding-required-field': 'alter table people add column email text not null;',
  'ban-drop-table': 'drop table people;',
  'ban-drop-column': 'alter table people drop column name;',
  'changing-column-type': 'alter table people alter column name type bytea using name::bytea;',
  'renaming-column': 'alter table people rename column name to title;',
};

/** What squawk has against these files of SQL. */
export async function lintSql(files: readonly string[]): Promise<Violation[]> {
  const args = ['--reporter', 'json', '--config', join(import.meta.dirname, 'squawk.toml'), ...files];
  const text = await new Promise<string>((done, reject) => {
    execFile(resolve('node_modules/.bin/squawk'), args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
      if (stdout.trim() || !error) done(stdout);
      else reject(error);
    });
  });
  return JSON.parse(text || '[]') as Violation[];
}

/** The SQL of every migration, linted; which of squawk's rules do not apply here, and why, is in squawk.toml. */
export async function checkMigrations(): Promise<CheckOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-sql-'));
  try {
    const files = await writeSql(folder);
    const violations = await lintSql(files);
    const specimen = join(folder, 'planted.sql');
    writeFileSync(specimen, Object.values(planted).join('\n'));
    const seen = new Set((await lintSql([specimen])).map(({ rule_name }) => rule_name));
    const findings = [
      ...violations.map(({ file, line, rule_name, message }) => `${rule_name}: ${file.split('/').at(-1)}:${line}: ${message}`),
      ...files.filter((file) => readFileSync(file, 'utf8') === '').map((file) => `no statement was seen of ${file.split('/').at(-1)}`),
      ...Object.keys(planted)
        .filter((rule) => !seen.has(rule))
        .map((rule) => `planted and not found: ${rule}`),
    ];
    const proof = `${Object.keys(planted).length} statements`;
    return { check: 'migrations (squawk)', looked: `${files.length} migrations`, proof, findings };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
