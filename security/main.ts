import Table from 'cli-table3';
import { checkCode } from './code.ts';
import { checkLeaks } from './leaks.ts';
import { checkLicences } from './licences.ts';
import { checkMigrations } from './migrations.ts';
import type { CheckOutcome } from './outcome.ts';

/** `npm run check:security`: secrets in the history, dangerous code, dangerous migrations, licences. One table; exit code 1 on a finding. */
const outcomes: CheckOutcome[] = [];
for (const check of [checkLeaks, checkCode, checkMigrations, checkLicences]) outcomes.push(await check());

for (const { check, findings } of outcomes) for (const finding of findings) console.log(`${check}: ${finding}`);
const table = new Table({ head: ['check', 'looked at', 'findings'], style: { head: [], border: [] } });
for (const { check, looked, findings } of outcomes) table.push([check, looked, findings.length]);
console.log(table.toString());
process.exitCode = outcomes.some(({ findings }) => findings.length > 0) ? 1 : 0;
