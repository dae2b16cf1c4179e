import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from 'commander';
import { startOwnStack } from '../support/own-stack.ts';
import { fuzz, type Pass, prepare, type Target, writeDocument } from './schemathesis.ts';
import { createTally, type Tally } from './tally.ts';
import { callers, makeWorld, type Who, type World } from './world.ts';

/**
 * `npm run fuzz [-- --seconds 300 --seed 1]`: the API against its own document: thousands of requests, good and bad, one after another that
 * belong together, as nobody, a student, a school's admin and the platform's staff. No answer may be a 5xx or one the document does
 * not know, and every operation must have been asked.
 */
const shares: Readonly<Record<Who, number>> = { nobody: 0.15, student: 0.15, admin: 0.3, staff: 0.4 };
/** A world is made anew after so long: tokens live a quarter of an hour, and staff suspend schools and accounts sooner or later. */
const roundSeconds = 1_500;
const limitless = { RATE_LIMIT_ACCOUNT: '0', RATE_LIMIT_TENANT: '0', RATE_LIMIT_ADDRESS: '0', SIGN_IN_FAILURES: '0' };

interface Document {
  readonly paths: Readonly<Record<string, object>>;
}
const operationsOf = ({ paths }: Document): string[] =>
  Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));

/** What came after the end of a session proves nothing, so its owner must still be let in. */
async function isSignedIn({ url }: Target, token: string): Promise<boolean> {
  return (await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } })).ok;
}

/** Every caller once, staff last. Resolves to what each found, in words. */
async function round(target: Target, world: World, tally: Tally, seconds: number, seed: number): Promise<string[]> {
  const found: string[] = [];
  const go = async (pass: Pass): Promise<void> => {
    const { clean, answers } = await fuzz(target, pass, world);
    tally.add(answers);
    if (!clean) found.push(`as ${pass.name} (seed ${seed})`);
  };
  for (const who of callers) {
    const token = await world.token(who);
    await go({ name: who, token, seconds: Math.max(1, Math.round(seconds * shares[who])), seed });
    if (token && !(await isSignedIn(target, token))) found.push(`as ${who}: its session had ended before the pass did`);
  }
  await go({ name: 'leaver', token: await world.token('staff'), seconds: 5, seed, path: '/v1/auth/logout' });
  return found;
}

/** The sum of it, and whether that is good. */
function report(tally: Tally, operations: number, seconds: number, found: readonly string[]): boolean {
  console.log(tally.table());
  const { unasked, neverDone, requests, serverErrors } = tally;
  console.log(
    `Operations: ${operations - unasked.length} of ${operations}. Requests: ${requests} in ${Math.round(seconds)} s. 5xx: ${serverErrors}.`,
  );
  if (unasked.length > 0) console.log(`Never asked, give it more --seconds: ${unasked.join(', ')}`);
  if (neverDone.length > 0) console.log(`Only ever refused: ${neverDone.join(', ')}`);
  for (const line of found) console.log(`Found something ${line}.`);
  const clean = found.length === 0 && serverErrors === 0 && unasked.length === 0;
  console.log(clean ? 'The fuzz is clean.' : 'The fuzz is not clean.');
  return clean;
}

async function main({ seconds, seed }: { seconds: string; seed: string }): Promise<void> {
  prepare();
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-fuzz-'));
  const own = await startOwnStack(limitless);
  const began = performance.now();
  try {
    const target = { url: own.description.api.url, folder };
    const document = await (await fetch(`${target.url}/openapi.json`)).text();
    writeDocument(folder, document);
    const operations = operationsOf(JSON.parse(document) as Document);
    const tally = createTally(operations);
    const rounds = Math.ceil(Number(seconds) / roundSeconds);
    const found: string[] = [];
    for (let at = 0; at < rounds; at += 1) {
      const world = await makeWorld(own.description, `fuzz-${at}`);
      found.push(...(await round(target, world, tally, Number(seconds) / rounds, Number(seed) + at)));
    }
    process.exitCode = report(tally, operations.length, (performance.now() - began) / 1_000, found) ? 0 : 1;
  } finally {
    await own.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

program.option('--seconds <count>', 'for all of it', '300').option('--seed <number>', 'repeats a run', String(Date.now() % 100_000));
await main(program.parse().opts());
