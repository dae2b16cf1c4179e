import { inspect } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import { listChains, type Noted, notedIn, proveChain } from '../platform/audit-proof.ts';
import { ConfigurationError, readDatabaseUrl } from '../platform/config/tools.ts';
import { openDatabase } from '../platform/database.ts';
import { isId } from '../platform/ids.ts';
import { openCertificate, verifyCertificate } from '../platform/privacy/verify-certificate.ts';
import { readFileOf, readKeys, UsageError } from './support/certificate-files.ts';
import { holds, type ProvedChain, showChains, verdictOf } from './support/show-chains.ts';
import { readStackFile } from './support/stack-file.ts';

interface Options {
  readonly tenant?: string;
  readonly certificate?: readonly string[];
  readonly keys?: string;
  readonly json?: true;
}
const tenantId = (text: string): string => {
  if (!isId(text)) throw new InvalidArgumentError('It is the id of a tenant: a UUID in lower case.');
  return text;
};
const program = new Command('npm run audit:verify --')
  .description('Recomputes the hash chain of every tenant’s audit log, and holds it against certificates. It only reads.')
  .option('--tenant <id>', 'of this tenant alone', tenantId)
  .option(
    '--certificate <files...>',
    'JSON or PDF: the log must still hold what they say of it, which a log that was cut off or made anew does not',
  )
  .option('--keys <file>', 'the platform’s public keys: the certificates’ signatures are checked first')
  .option('--json', 'for programs')
  .addHelpText(
    'after',
    '\nReads DATABASE_URL, else the running embedded stack. Exit codes: 0 every log holds, 1 one does not, 2 it could not be asked.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

/** A certificate that is not genuine proves nothing about a log. */
class NotGenuineError extends Error {}

/** What the certificates say, by tenant. Throws UsageError, or NotGenuineError when one does not hold against the keys. */
async function readNoted({ certificate = [], keys }: Options): Promise<Map<string, Noted>> {
  if (keys !== undefined && certificate.length === 0) throw new UsageError('--keys is for --certificate <file>.');
  const noted = new Map<string, Noted>();
  for (const file of certificate) {
    const bytes = readFileOf(file);
    const { document } = openCertificate(bytes);
    if (!document) throw new UsageError(`${file} is no certificate.`);
    if (keys !== undefined && !(await verifyCertificate(bytes, { keys: readKeys(keys) })).valid)
      throw new NotGenuineError(`${file} is not valid: \`npx toolbox verify\` says why.`);
    const { content } = document;
    noted.set(content.tenantId, new Map([...(noted.get(content.tenantId) ?? []), ...notedIn(content)]));
  }
  return noted;
}

function databaseUrl(): string {
  if (process.env['DATABASE_URL']) return readDatabaseUrl();
  try {
    return readStackFile().postgres.url;
  } catch (error) {
    throw new UsageError(`Set DATABASE_URL. ${(error as Error).message}`, { cause: error });
  }
}

async function prove({ tenant }: Options, noted: ReadonlyMap<string, Noted>): Promise<ProvedChain[]> {
  const database = openDatabase(databaseUrl(), { poolMax: 1, readOnly: true });
  try {
    const listed = await listChains(database).catch((error: unknown) => {
      throw new UsageError(`The database cannot be asked (${String((error as { code?: unknown }).code)}).`, { cause: error });
    });
    const all = [...new Set([...listed, ...noted.keys()])].sort();
    if (tenant !== undefined && !all.includes(tenant)) throw new UsageError(`Nothing is known of a tenant ${tenant}.`);
    const chains: ProvedChain[] = [];
    for (const tenantId of tenant === undefined ? all : [tenant]) {
      const onPage = process.stderr.isTTY ? (seq: number) => process.stderr.write(`\r${tenantId} ${seq}`) : undefined;
      chains.push({ tenantId, ...(await proveChain(database, tenantId, { noted: noted.get(tenantId), onPage })) });
    }
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
    return chains;
  } finally {
    await database.destroy();
  }
}

async function verify(options: Options): Promise<number> {
  const noted = await readNoted(options);
  const began = performance.now();
  const chains = await prove(options, noted);
  const seconds = (performance.now() - began) / 1_000;
  const entries = chains.reduce((sum, chain) => sum + chain.entries, 0);
  const broken = chains.filter((chain) => !holds(chain));
  if (options.json) {
    const logs = chains.map((chain) => ({ ...chain, holds: holds(chain), verdict: verdictOf(chain) }));
    console.log(JSON.stringify({ holds: broken.length === 0, entries, seconds, logs }, null, 2));
  } else {
    console.log(showChains(chains));
    console.log(`${entries} entries of ${chains.length} logs in ${seconds.toFixed(1)} s, ${Math.round(entries / seconds)} a second`);
    if (options.certificate && options.keys === undefined)
      console.log('The certificates’ signatures were not checked: name --keys, or `npx toolbox verify` them.');
    console.log(
      broken.length === 0 ? colors.green('Every log holds.') : colors.red(`${broken.length} of ${chains.length} logs do not hold.`),
    );
  }
  return broken.length === 0 ? 0 : 1;
}

try {
  program.parse();
  process.exitCode = await verify(program.opts<Options>());
} catch (error) {
  // Only what was found is 1: a database that is away says nothing of its logs.
  const isExpected = [UsageError, ConfigurationError, NotGenuineError].some((kind) => error instanceof kind);
  process.stderr.write(`${isExpected ? colors.red((error as Error).message) : inspect(error)}\n`);
  process.exitCode = error instanceof NotGenuineError ? 1 : 2;
}
