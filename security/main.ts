import { checkCode } from './code.ts';
import { checkLeaks } from './leaks.ts';
import { checkLicences } from './licences.ts';
import { checkMigrations } from './migrations.ts';
import type { CheckOutcome } from './outcome.ts';
import { report } from './report.ts';

/**
 * `npm run check:security`: secrets in the history, dangerous code, dangerous migrations, licences. Each check is first shown what it must
 * find. One table; exit code 1 on a finding, or when a check cannot be made.
 */
const outcomes: CheckOutcome[] = [];
for (const check of [checkLeaks, checkCode, checkMigrations, checkLicences]) outcomes.push(await check());
process.exitCode = report(outcomes, (line) => console.log(line)) ? 0 : 1;
