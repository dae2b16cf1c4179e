import Table from 'cli-table3';
import { Command } from 'commander';
import colors from 'picocolors';
import { isPlatformRole, platformTenantId, roles, type Role } from '../domain/roles.ts';
import { loadPolicies, type Policies } from '../policies/index.ts';

/** Any school will do: a school's roles mean the same in each. */
const anySchool = '00000000-0000-7000-8000-000000000001';
const homeOf = (role: Role): string => (isPlatformRole(role) ? platformTenantId : anySchool);

interface Row {
  readonly object: string;
  readonly action: string;
  readonly roles: readonly Role[];
  /** Whether it may be done by break-glass, too, in a role that may do it. */
  readonly breakGlass: boolean;
}
const rowsOf = ({ permissions, can }: Policies): Row[] =>
  permissions.map(({ object, action }) => ({
    object,
    action,
    roles: roles.filter((role) => can({ role, tenantId: homeOf(role) }, object, action)),
    breakGlass: roles.some((role) => can({ role, tenantId: anySchool, breakGlassId: anySchool }, object, action)),
  }));

function printRoles({ inheritance }: Policies): void {
  console.log(colors.bold('Roles'));
  for (const role of roles) {
    const inherited = inheritance.filter((line) => line.role === role).map(({ inherits }) => inherits);
    const place = isPlatformRole(role) ? 'platform' : 'school';
    console.log(`  ${role.padEnd(13)} ${place.padEnd(9)} ${inherited.length ? `also all that ${inherited.join(', ')} may` : ''}`.trimEnd());
  }
}

function printTable(rows: readonly Row[]): void {
  const table = new Table({
    head: ['object', 'action', ...roles, 'break-glass'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', ...roles.map(() => 'center' as const), 'center'],
  });
  const tick = (may: boolean): string => (may ? '✓' : '');
  for (const { object, action, roles: who, breakGlass } of rows)
    table.push([object, action, ...roles.map((role) => tick(who.includes(role))), tick(breakGlass)]);
  console.log(`\n${colors.bold('Permissions')} (what is not ticked is denied)\n${table.toString()}`);
  console.log('break-glass: platform staff in a school may do so, too, in one of the ticked roles of the school (`as-...`).');
}

const program = new Command('npm run policies --')
  .description('Prints the roles and what each may do, inherited permissions included.')
  .option('--json', 'for programs');
const { json } = program.parse().opts<{ json?: true }>();
const policies = await loadPolicies();
if (json) {
  const named = roles.map((role) => ({
    role,
    scope: isPlatformRole(role) ? 'platform' : 'school',
    permissions: policies.permissionsOf({ role, tenantId: homeOf(role) }),
  }));
  console.log(JSON.stringify({ roles: named, inheritance: policies.inheritance, permissions: rowsOf(policies) }, null, 2));
} else {
  printRoles(policies);
  printTable(rowsOf(policies));
}
