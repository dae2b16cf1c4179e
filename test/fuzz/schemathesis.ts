import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { channelOf } from '../../domain/tenant.ts';
import { pythonTool } from '../support/python-venv.ts';
import type { World } from './world.ts';

/**
 * Not `positive_data_acceptance`: what JSON Schema cannot say (time zones, weak passwords, what is there already) is refused though it
 * fits. Not `object_level_authorization`: test/api/other-tenants.test.ts asks that of every route, each role and both schools.
 */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'unsupported_method',
  'allow_header_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'ignored_auth',
  'use_after_free',
  'ensure_resource_availability',
  'tells_nothing_of_the_inside',
];

export interface Target {
  readonly url: string;
  /** Where the document of the API is, and everything else that is written. */
  readonly folder: string;
}
export interface Pass {
  readonly name: string;
  readonly token: string;
  readonly seconds: number;
  readonly seed: number;
  /** Exactly this path; all of them when absent, but those that would end the pass. */
  readonly path?: string;
}
export interface Fuzzed {
  readonly clean: boolean;
  /** How often each operation answered each status: `GET /v1/me 200`. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Strings as TOML has them: JSON's escapes are among its own. */
const list = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(', ')}]`;

/** Hostile text everywhere now and then; where a thing is named, often one that is there. If-Match comes before the body: 428, 412. */
const settings = ({ ids, versions, expendable }: World, token: string): string => `
${token ? 'headers = { Authorization = "Bearer ${FUZZ_TOKEN}" }' : ''}
[phases.coverage]
generate-duplicate-query-parameters = true
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 415, 422, 428]
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 409, 412, 415, 422, 428, 429]
[dictionaries]
hostile = { from-file = ${JSON.stringify(join(import.meta.dirname, 'hostile.dict'))} }
emails = { values = ${list([expendable.email])} }
passwords = { values = ${list([expendable.password])} }
refreshTokens = { values = ${list([expendable.refreshToken])} }
versions = { values = ${list([...versions.flatMap((version) => [`"${version}"`, `"${version + 1}"`]), 'W/"1"', '*', '"999999999"', '"1", "2"'])} }
cursors = { values = ${list([...ids.runs, ...ids.people].map((id) => Buffer.from(id).toString('base64url')))} }
slugs = { values = ${list(['fuzzed-school', 'fuzzed-academy', 'fuzzed', 'f-u-z-z-e-d'])} }
plans = { values = ${list(['starter', 'school', 'district', 'free'])} }
sockets = { values = ${list(['1.1', '1.1:evil', '1'])} }
channels = { values = ${list(ids.tenants.map(channelOf))} }
timeZones = { values = ${list(['Europe/Berlin', 'UTC', 'Mars/Olympus'])} }
${Object.entries(ids)
  .map(([name, values]) => `${name} = { values = ${list(values)} }`)
  .join('\n')}
[generation.dictionaries]
string = { dictionary = "hostile", probability = 0.1 }
[parameters]
"query.cursor" = { dictionary = "cursors", probability = 0.3 }
"header.if-match" = { dictionary = "versions", probability = 0.8 }
"body.email" = { dictionary = "emails", probability = 0.4 }
"body.password" = { dictionary = "passwords", probability = 0.5 }
"body.refreshToken" = { dictionary = "refreshTokens", probability = 0.2 }
"body.timeZone" = { dictionary = "timeZones", probability = 0.9 }
"body.slug" = { dictionary = "slugs", probability = 0.9 }
"body.plan" = { dictionary = "plans", probability = 0.9 }
"body.socket_id" = { dictionary = "sockets", probability = 0.7 }
"body.channel_name" = { dictionary = "channels", probability = 0.7 }
${Object.keys(ids)
  .map(
    (name) =>
      `[[operations]]\ninclude-path-regex = "^/v1/${name}/"\nparameters = { "path.id" = { dictionary = "${name}", probability = 0.7 } }`,
  )
  .join('\n')}
`;

/** Installs it, before anything is started that would wait for it. */
export const prepare = (): string => join(pythonTool('schemathesis', join(import.meta.dirname, 'requirements.txt')), 'st');

/** Writes the document as Python reads it: its expressions have no names for the classes of control characters and line ends. */
export function writeDocument(folder: string, document: string): void {
  const inPython = document.replaceAll(String.raw`\\p{Cc}\\p{Zl}\\p{Zp}`, String.raw`\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029`);
  writeFileSync(join(folder, 'openapi.json'), inPython);
}

/** One run of schemathesis as one caller, in all its phases; what it finds is on our own output. */
export async function fuzz({ url, folder }: Target, { name, token, seconds, seed, path }: Pass, world: World): Promise<Fuzzed> {
  const [config, counted] = [join(folder, `${name}.toml`), join(folder, `${name}.json`)];
  writeFileSync(config, settings(world, token), { mode: 0o600 });
  const output = ['--no-color', '--warnings', 'off', '--continue-on-failure'];
  const bounds = ['--max-time', String(seconds), '--request-timeout', '20', '--workers', '1'];
  const generated = ['--phases', 'examples,coverage,fuzzing,stateful', '--seed', String(seed), '--generation-database', 'none'];
  // Some schemas are hard to meet by chance, which is no finding.
  const patient = ['--suppress-health-check', 'filter_too_much,too_slow'];
  // Signing out would end the session of all that follows.
  const only = path ? ['--include-path', path] : token ? ['--exclude-path', '/v1/auth/logout'] : [];
  console.log(`--- as ${name}, ${seconds} s, seed ${seed}`);
  const args = ['--config-file', config, 'run', join(folder, 'openapi.json'), '--url', url, '--checks', checks.join(',')];
  const child = spawn(prepare(), [...args, ...output, ...bounds, ...generated, ...patient, ...only], {
    stdio: 'inherit',
    cwd: folder,
    env: { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: import.meta.dirname, FUZZ_TOKEN: token, FUZZ_ANSWERS: counted },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const answers = existsSync(counted) ? (JSON.parse(readFileSync(counted, 'utf8')) as Record<string, number>) : {};
  return { clean: code === 0, answers };
}
