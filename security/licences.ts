import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckOutcome } from './outcome.ts';

interface Locked {
  readonly license?: string;
}
interface Rules {
  readonly allowed: readonly string[];
  /** Packages whose lock entry does not say: the beginning of their names, and what their project says. */
  readonly 'stated elsewhere': Readonly<Record<string, string>>;
}
const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Every package of the lockfile, those of other systems too, against security/licences.json. */
export function checkLicences(
  lockfile = 'package-lock.json',
  rules = readJson(join(import.meta.dirname, 'licences.json')) as Rules,
): CheckOutcome {
  const { packages } = readJson(lockfile) as { packages: Record<string, Locked> };
  const stated = Object.entries(rules['stated elsewhere']);
  const listed = Object.entries(packages).filter(([path]) => path !== '');
  const findings = listed.flatMap(([path, { license }]) => {
    const name = path.split('node_modules/').at(-1) ?? path;
    const licence = license ?? stated.find(([beginning]) => name.startsWith(beginning))?.[1] ?? 'no licence stated';
    return rules.allowed.includes(licence.replace(/^\((.*)\)$/, '$1')) ? [] : [`${name}: ${licence}`];
  });
  return { check: 'licences (lockfile)', looked: `${listed.length} packages`, findings };
}
