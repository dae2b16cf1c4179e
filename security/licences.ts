import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckOutcome } from './outcome.ts';

export interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
}
export type Packages = Readonly<Record<string, Locked>>;
export interface Rules {
  readonly allowed: readonly string[];
  /** Of packages that do not ship: tools of ours. */
  readonly 'allowed in development': readonly string[];
  /** Packages whose lock entry does not say: the beginning of their names, and what their project says. */
  readonly 'stated elsewhere': Readonly<Record<string, string>>;
}
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** What is wrong with the packages of a lockfile, direct or not, of this system or others; and with rules that nothing needs. */
export function judgeLicences(
  packages: Packages,
  rules: Rules,
): { readonly looked: number; readonly shipped: number; readonly findings: string[] } {
  const used = new Set<string>();
  const stated = Object.entries(rules['stated elsewhere']);
  const listed = Object.entries(packages).filter(([path]) => path !== '');
  const findings = listed.flatMap(([path, { license, dev = false }]) => {
    const name = path.split('node_modules/').at(-1) ?? path;
    const elsewhere = license === undefined ? stated.find(([beginning]) => name.startsWith(beginning)) : undefined;
    const licence = (license ?? elsewhere?.[1] ?? 'no licence stated').replace(/^\((.*)\)$/, '$1');
    for (const rule of [licence, elsewhere?.[0]]) if (rule !== undefined) used.add(rule);
    const allowed = rules.allowed.includes(licence) || (dev && rules['allowed in development'].includes(licence));
    return allowed ? [] : [`${name}${dev ? ' (development)' : ''}: ${licence}`];
  });
  const all = [...rules.allowed, ...rules['allowed in development'], ...stated.map(([beginning]) => beginning)];
  const idle = all.filter((rule) => !used.has(rule)).map((rule) => `nothing needs the rule for ${rule}: remove it`);
  return { looked: listed.length, shipped: listed.filter(([, { dev }]) => !dev).length, findings: [...findings, ...idle] };
}

const planted: Packages = {
  'node_modules/copyleft': { license: 'AGPL-3.0-only' },
  'node_modules/a/node_modules/silent': {},
  'node_modules/source-available': { license: 'BUSL-1.1', dev: true },
};

/** Every package of the lockfile against security/licences.json. */
export function checkLicences(): CheckOutcome {
  const { packages } = readJson('package-lock.json') as { packages: Packages };
  const rules = readJson(join(import.meta.dirname, 'licences.json')) as Rules;
  const { looked, shipped, findings } = judgeLicences(packages, rules);
  const seen = judgeLicences(planted, { ...rules, 'stated elsewhere': {} }).findings.join();
  const names = Object.keys(planted).map((path) => path.split('/').at(-1) ?? path);
  const blind = names.filter((name) => !seen.includes(name)).map((name) => `planted and not found: ${name}`);
  const proof = `${names.length} packages`;
  return { check: 'licences (lockfile)', looked: `${looked} packages, ${shipped} shipped`, proof, findings: [...findings, ...blind] };
}
