import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import { type ApiClient, ProblemError, type Run, createApiClient } from './support/api-client.ts';
import { followRun } from './support/follow-run.ts';
import { generateSchool } from './support/generate-school.ts';
import { acceptAdminInvitation } from './support/invitation.ts';
import { createStepView } from './support/show-steps.ts';
import { readStackFile } from './support/stack-file.ts';
import { showOutcome } from './support/show-outcome.ts';
import { zipFolder } from './support/zip-folder.ts';

interface Options {
  readonly roster?: string;
  readonly users?: number;
  readonly slug: string;
  readonly name: string;
  readonly plan: string;
  readonly region: string;
  readonly adminEmail?: string;
}

const wholeNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
};

const program = new Command('npm run demo --')
  .description('Onboards a school through the public API of the running platform and shows what happens.')
  .option('--roster <path>', 'a folder or zip file: School Data Sync v1, v2, v2.1 or OneRoster 1.1 CSV')
  .option('--users <count>', 'generate a school of this many users instead', wholeNumber)
  .option('--slug <slug>', "the school's address in the platform", `demo-${Date.now().toString(36)}`)
  .option('--name <name>', "the school's name", 'Demo School')
  .option('--plan <plan>', 'starter, school or district', 'school')
  .option('--region <region>', 'eu or us', 'eu')
  .option('--admin-email <address>', "the first admin's address (default: admin@<slug>.example)");

/** A roster as one zip file: the given one, or the given folder or a generated school, zipped. */
async function rosterZip({ roster, users = 60 }: Options, scratch: string): Promise<string> {
  if (roster && !existsSync(roster)) throw new Error(`There is no file or folder ${roster}.`);
  if (roster && statSync(roster).isFile()) return roster;
  const folder = roster ?? join(scratch, 'school');
  if (!roster) await generateSchool({ users, seed: 1, out: folder });
  const zip = join(scratch, 'roster.zip');
  await zipFolder(folder, zip);
  return zip;
}

async function uploadRoster(api: ApiClient, zip: string): Promise<string> {
  const headers = { 'content-type': 'application/zip', 'content-length': String(statSync(zip).size) };
  const { id } = await api.call<{ id: string }>('/v1/uploads', { method: 'POST', stream: createReadStream(zip), headers });
  return id;
}

async function startOnboarding(api: ApiClient, options: Options, rosterUploadId: string): Promise<Run> {
  const { slug, name, plan, region, adminEmail = `admin@${slug}.example` } = options;
  const body = { slug, name, plan, region, adminEmail, adminName: 'Demo Admin', rosterUploadId };
  return api.call<Run>('/v1/processes/onboard-school/runs', { method: 'POST', body, headers: { 'idempotency-key': randomUUID() } });
}

async function demo(options: Options): Promise<number> {
  const stack = readStackFile();
  const api = createApiClient(stack.api.url);
  const scratch = mkdtempSync(join(tmpdir(), 'toolbox-demo-'));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    await api.signIn(stack.demo.email, stack.demo.password, stack.demo.tenant);
    console.log(`Signed in as ${stack.demo.email} at ${stack.api.url}`);
    const zip = await rosterZip(options, scratch);
    const uploadId = await uploadRoster(api, zip);
    console.log(`Uploaded the roster (${(statSync(zip).size / 1024).toFixed(0)} KiB)`);
    const started = await startOnboarding(api, options, uploadId);
    console.log(`Onboarding ${colors.bold(options.name)} as ${colors.bold(options.slug)}: run ${started.id}\n`);
    const run = await followRun(api, started.id, createStepView(process.stdout), stop.signal);
    if (stop.signal.aborted && run.status === 'running') {
      console.log(`\nNot following any more: the run goes on. See ${stack.api.url}/v1/runs/${run.id}`);
      return 130;
    }
    const admin = run.status === 'completed' ? await acceptAdminInvitation(stack, options) : undefined;
    showOutcome(run, stack, admin);
    return run.status === 'completed' ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function explain(error: unknown): void {
  console.error(colors.red(error instanceof Error ? error.message : String(error)));
  if (!(error instanceof ProblemError)) return;
  const { issues, type = '' } = error.problem as { issues?: readonly { path: string; message: string }[]; type?: string };
  for (const { path, message } of issues ?? []) console.error(`  ${path}: ${message}`);
  console.error(colors.dim(`  ${type} (HTTP ${error.status})`));
}

try {
  process.exitCode = await demo(program.parse().opts<Options>());
} catch (error) {
  explain(error);
  process.exitCode = 1;
}
