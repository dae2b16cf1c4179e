import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import { defaultPolicy, type DunningPolicy } from '../domain/dunning/policy.ts';
import { caveatOf } from '../domain/dunning/simulation/caveat.ts';
import { type Simulation, simulateDunning } from '../domain/dunning/simulation/run.ts';
import { sampleInvoice } from '../domain/dunning/simulation/sample.ts';
import { UnusableFileError } from '../domain/billing-errors.ts';
import { AppError, type Issue, ValidationError } from '../domain/errors.ts';
import { columnsHelp, type FailedInvoices, readFailedInvoices } from '../platform/dunning/failed-payments.ts';
import { readDunningPolicy } from '../processes/support/dunning-policy.ts';
import { type PolicyReport, labelOf, showSimulation } from './support/show-simulation.ts';

interface Options {
  readonly sample?: number;
  readonly seed: number;
  readonly policy?: string;
  readonly against?: string;
  readonly json?: true;
}

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 10_000_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 10000000.');
  return value;
};
const program = new Command('npm run simulate --')
  .description('Tries a dunning policy on failed payments of the past, or on invented ones, beside the present policy.')
  .argument('[csv]', 'failed payments')
  .option('--sample <count>', 'so many invented failures instead', wholeNumber)
  .option('--seed <number>', 'of chance: the same seed gives the same customers', wholeNumber, 1)
  .option('--policy <file>', 'JSON, the policy to try; what is left out is as in the standard policy, which it is when absent')
  .option('--against <file>', 'JSON, the present policy; the standard one when absent')
  .option('--json', 'for programs')
  .addHelpText('after', `\n${columnsHelp}`)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

function openable(file: string): string {
  if (!existsSync(file)) throw new UnusableFileError(`There is no file ${file}.`);
  if (!statSync(file).isFile()) throw new UnusableFileError(`${file} is not a file.`);
  return file;
}

/** A policy of a file, checked as the API checks it. Throws UnusableFileError with everything that is wrong. */
function readPolicy(file: string): DunningPolicy {
  const text = readFileSync(openable(file), 'utf8');
  try {
    return readDunningPolicy(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnusableFileError(`${file} is not JSON: ${error.message}`, error);
    if (!(error instanceof ValidationError)) throw error;
    const { issues } = error.details as { issues: readonly Issue[] };
    const list = issues.map(({ path, message }) => `  ${path ? `${path}: ` : ''}${message}`).join('\n');
    throw new UnusableFileError(`${file} is no dunning policy:\n${list}`, error);
  }
}

async function readInvoices(csv: string | undefined, { sample, seed }: Options): Promise<FailedInvoices> {
  if ((csv === undefined) === (sample === undefined)) throw new UnusableFileError('Name a CSV file, or say --sample 100000: one of them.');
  if (csv === undefined) return { invoices: Array.from({ length: sample ?? 0 }, (_, number) => sampleInvoice(number, seed)), badLines: [] };
  const file = openable(csv);
  const read = await readFailedInvoices(() => createReadStream(file), csv);
  for (const { line, reasons } of read.badLines) process.stderr.write(`${csv}, line ${line}: ${reasons.join('; ')}\n`);
  if (read.invoices.length === 0) throw new UnusableFileError(`There is no failed payment in ${csv} that can be simulated.`);
  return read;
}

function run(simulation: Simulation) {
  const running = simulateDunning(simulation);
  const shows = process.stderr.isTTY;
  let step = running.next();
  for (; !step.done; step = running.next())
    if (shows && step.value % 10_000 === 0) process.stderr.write(`\r${step.value} of ${simulation.invoices.length}`);
  if (shows) process.stderr.write('\r\u001B[K');
  return step.value;
}

async function simulate(csv: string | undefined, options: Options): Promise<number> {
  const { seed, policy, against } = options;
  const present = against ? readPolicy(against) : defaultPolicy;
  const policies = policy || against ? [policy ? readPolicy(policy) : defaultPolicy, present] : [present];
  const { invoices, badLines } = await readInvoices(csv, options);
  const began = process.cpuUsage();
  const reports = run({ policies, invoices, seed }).map((report, at): PolicyReport => ({ policy: policies[at] ?? present, report }));
  const { user, system } = process.cpuUsage(began);
  const cpuSeconds = Math.round((user + system) / 10_000) / 100;
  const known = invoices.filter(({ truth }) => truth).length;
  const caveat = caveatOf(invoices.length, known);
  if (options.json) {
    const source = { ...(csv ? { file: csv } : { sample: invoices.length }), seed, invoices: invoices.length, known, badLines };
    console.log(
      JSON.stringify(
        { source, caveat, cpuSeconds, policies: reports.map(({ policy: { name, version }, report }) => ({ name, version, ...report })) },
        null,
        2,
      ),
    );
  } else {
    const beside = reports.length > 1 ? ` against ${labelOf(present)}` : '';
    console.log(colors.bold(`${invoices.length} failed payments under ${labelOf(policies[0] ?? present)}${beside}, seed ${seed}`));
    console.log(`${caveat}\n${showSimulation(reports)}\n${cpuSeconds} s of one core`);
  }
  if (badLines.length > 0) process.stderr.write(`${badLines.length} rows were not simulated: see above.\n`);
  return badLines.length > 0 ? 1 : 0;
}

try {
  program.parse();
  process.exitCode = await simulate(program.args[0], program.opts<Options>());
} catch (error) {
  if (!(error instanceof UnusableFileError || error instanceof AppError)) throw error;
  process.stderr.write(`${colors.red(error.message)}\n`);
  process.exitCode = 2;
}
