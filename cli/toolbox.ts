import { inspect } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import { verifyCertificate } from '../platform/privacy/verify-certificate.ts';
import { readSoftware } from '../platform/software.ts';
import { fetchKeys, readFileOf, readKeys, UsageError } from './support/certificate-files.ts';
import { showVerdict } from './support/show-verdict.ts';

interface Options {
  readonly keys?: string;
  readonly url?: string;
  readonly fingerprint?: string;
  readonly json?: true;
}

function fingerprintOf(text: string): string {
  const plain = text.toLowerCase().replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/.test(plain)) throw new InvalidArgumentError('It is 64 hexadecimal digits, with or without colons.');
  return plain;
}

/** Checks a certificate and says what was found. Resolves to the exit code. */
async function verify(file: string, { keys, url, fingerprint, json }: Options): Promise<number> {
  if ((keys === undefined) === (url === undefined))
    throw new UsageError('Name a key set by --keys <file>, or a platform by --url: one of them.');
  if (url !== undefined && !/^https?:\/\/./.test(url))
    throw new UsageError('--url is the address of a platform, such as https://toolbox.example.');
  const bytes = readFileOf(file);
  const verdict = await verifyCertificate(bytes, { keys: keys === undefined ? await fetchKeys(url ?? '') : readKeys(keys), fingerprint });
  if (json) {
    const { valid, findings, keyFingerprint, document } = verdict;
    console.log(JSON.stringify({ file, valid, checks: findings, keyFingerprint, content: document?.content }, null, 2));
  } else console.log(`${file}: ${showVerdict(verdict)}`);
  return verdict.valid ? 0 : 1;
}

const program = new Command('toolbox').description('Tools for what the platform hands out.').version(readSoftware().version);
// Errors of usage are 2 everywhere: 1 is the answer that a certificate is not valid.
const usage = ({ exitCode }: { readonly exitCode: number }): never => process.exit(exitCode === 0 ? 0 : 2);
program.exitOverride(usage);
program
  .command('verify')
  .description(
    'Checks a certificate (JSON, or the PDF with the JSON inside): its signature, its form, and that what it says holds together.',
  )
  .argument('<certificate>', 'the file')
  .option('--keys <file>', 'the platform’s public keys, saved from /.well-known/certificate-keys.json: no network is used')
  .option('--url <platform>', 'asks the platform for its keys instead: believe the answer as much as that address')
  .option(
    '--fingerprint <sha256>',
    'of the key it must be signed by (RFC 7638 thumbprint), as you were told it by another way',
    fingerprintOf,
  )
  .option('--json', 'for programs')
  .addHelpText('after', '\nExit codes: 0 it is valid, 1 it is not, 2 the command was typed wrong or a file is missing.')
  .exitOverride(usage)
  .action(async (file: string, options: Options) => {
    process.exitCode = await verify(file, options);
  });

try {
  await program.parseAsync();
} catch (error) {
  // Only a certificate that is not valid is 1.
  process.stderr.write(`${error instanceof UsageError ? colors.red(error.message) : inspect(error)}\n`);
  process.exitCode = 2;
}
