import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

/** What squawk has against the SQL of the migrations; which of its rules do not apply here, and why, is in squawk.toml. */
export async function checkMigrations(): Promise<CheckOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-sql-'));
  try {
    const files = await writeSql(folder);
    const args = ['--reporter', 'json', '--config', join(import.meta.dirname, 'squawk.toml'), ...files];
    const text = await new Promise<string>((done, reject) => {
      execFile(resolve('node_modules/.bin/squawk'), args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
        if (stdout.trim() || !error) done(stdout);
        else reject(error);
      });
    });
    const violations = JSON.parse(text || '[]') as Violation[];
    const findings = violations.map(({ file, line, rule_name, message }) => `${rule_name}: ${file.split('/').at(-1)}:${line}: ${message}`);
    return { check: 'migrations (squawk)', looked: `${files.length} migrations`, findings };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
