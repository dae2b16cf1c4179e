import assert from 'node:assert/strict';
import { breakGlassRoles } from '../../domain/break-glass.ts';
import { platformTenantId, roles, type Role } from '../../domain/roles.ts';
import { loadPolicies, type Policies } from '../../policies/index.ts';
import { permitted, permittedByBreakGlass } from '../support/permissions.ts';

const school = '0190d1a0-0000-7000-8000-000000000001';
const homeOf = (role: Role): string => (['super_admin', 'ops', 'compliance'].includes(role) ? platformTenantId : school);
const spelled = ({ object, action }: { object: string; action: string }): string => `${object}:${action}`;

describe('policies', () => {
  let policies: Policies;
  before(async () => {
    policies = await loadPolicies();
  });

  for (const role of roles) {
    it(`${role} may do what the table says and nothing else`, () => {
      const expected = Object.entries(permitted)
        .filter(([, who]) => who.includes(role))
        .map(([permission]) => permission)
        .sort();
      assert.deepEqual(
        policies
          .permissionsOf({ role, tenantId: homeOf(role) })
          .map(spelled)
          .sort(),
        expected,
      );
    });

    it(`${role} may do nothing in the other kind of tenant`, () => {
      const elsewhere = homeOf(role) === school ? platformTenantId : school;
      assert.deepEqual(policies.permissionsOf({ role, tenantId: elsewhere }), []);
    });
  }

  for (const role of breakGlassRoles)
    it(`let who is in a school by break-glass as ${role} read what the role may read, and change nothing`, () => {
      const expected = permittedByBreakGlass.filter((permission) => permitted[permission]?.includes(role));
      const subject = { role, tenantId: school, breakGlassId: school };
      assert.deepEqual(policies.permissionsOf(subject).map(spelled).sort(), [...expected].sort());
      assert.deepEqual(policies.permissionsOf({ ...subject, tenantId: platformTenantId }), []);
    });

  it('let break-glass do nothing that does not read', () => {
    assert.deepEqual(
      permittedByBreakGlass.filter((permission) => !/:(read|list)(-|$)/.test(permission)),
      [],
    );
  });

  it('name no permission the table does not know', () => {
    assert.deepEqual(
      policies.permissions.map(spelled).filter((permission) => !(permission in permitted)),
      [],
    );
  });

  it('deny what no rule names, unknown roles and hostile names', () => {
    const ops = { role: 'ops', tenantId: platformTenantId } as const;
    assert.equal(policies.can(ops, 'tenant', 'delete'), false);
    assert.equal(policies.can(ops, '*', '*'), false);
    assert.equal(policies.can(ops, 'tenant list', ''), false);
    assert.equal(policies.can({ role: 'root' as Role, tenantId: platformTenantId }, 'tenant', 'list'), false);
    assert.equal(policies.can({ role: 'ops platform' as Role, tenantId: school }, 'tenant', 'list'), false);
  });

  it('inherit along the lines of the hierarchy only', async () => {
    const policy = 'g, tenant_admin, teacher, school\np, teacher, school, lesson, publish\np, ops, platform, lesson, list';
    const { can, inheritance } = await loadPolicies({ policy });
    const may = (role: Role, tenantId: string, action: string): boolean => can({ role, tenantId }, 'lesson', action);
    assert.deepEqual(
      [
        may('teacher', school, 'publish'),
        may('tenant_admin', school, 'publish'),
        may('student', school, 'publish'),
        may('ops', platformTenantId, 'publish'),
      ],
      [true, true, false, false],
    );
    assert.deepEqual(inheritance, [{ role: 'tenant_admin', inherits: 'teacher', kind: 'school' }]);
  });

  it('answer a question asked before in less than ten microseconds', () => {
    const subject = { role: 'teacher', tenantId: school } as const;
    policies.can(subject, 'person', 'read');
    const start = performance.now();
    for (let asked = 0; asked < 100_000; asked += 1) policies.can(subject, 'person', 'read');
    assert.ok((performance.now() - start) / 100_000 < 0.01);
  });
});
