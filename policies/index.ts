import { readFileSync } from 'node:fs';
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin';
import { platformTenantId, type Role } from '../domain/roles.ts';

/** Who asks: the role of the membership and the tenant the access token was issued for. */
export interface Subject {
  readonly role: Role;
  readonly tenantId: string;
  /** Of platform staff who are in a school by break-glass: they may do what the role may and the policy's lines for `break_glass` name. */
  readonly breakGlassId?: string | undefined;
}
export interface Permission {
  readonly object: string;
  readonly action: string;
}
export type TenantKind = 'platform' | 'school';

/** Whether the subject may do `action` on `object` in its own tenant. Unknown objects, actions and roles are denied. */
export type Can = (subject: Subject, object: string, action: string) => boolean;

export interface Policies {
  readonly can: Can;
  /** All that the subject may do, inherited permissions included, sorted by object and action. */
  readonly permissionsOf: (subject: Subject) => readonly Permission[];
  /** Every permission any rule names, sorted. */
  readonly permissions: readonly Permission[];
  /** Lines "role inherits other", in the order of the policy. */
  readonly inheritance: readonly { readonly role: string; readonly inherits: string; readonly kind: string }[];
}

const text = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
export const tenantKind = (tenantId: string): TenantKind => (tenantId === platformTenantId ? 'platform' : 'school');

/**
 * Reads model.conf and policy.csv. Decisions depend on the role and the kind of tenant only, so each is asked of Casbin once
 * and remembered; the memory is bounded by the permissions the policy names.
 * `policy` replaces the text of policy.csv.
 */
export async function loadPolicies({ policy = text('./policy.csv') }: { policy?: string } = {}): Promise<Policies> {
  const enforcer = await newEnforcer(newModelFromString(text('./model.conf')), new StringAdapter(policy));
  await enforcer.addFunction('tenantKind', tenantKind);
  const rules = await enforcer.getPolicy();
  const links = await enforcer.getGroupingPolicy();
  const permissions = uniquePermissions(rules);
  const named = new Set(permissions.map(({ object, action }) => `${object} ${action}`));
  const decisions = new Map<string, boolean>();

  const mayAs = (role: string, tenantId: string, object: string, action: string): boolean => {
    const permission = `${object} ${action}`;
    if (!named.has(permission)) return false;
    const question = `${role} ${tenantKind(tenantId)} ${permission}`;
    const known = decisions.get(question);
    if (known !== undefined) return known;
    const decision = enforcer.enforceSync(role, tenantId, object, action);
    decisions.set(question, decision);
    return decision;
  };
  const can: Can = ({ role, tenantId, breakGlassId }, object, action) =>
    mayAs(role, tenantId, object, action) && (breakGlassId === undefined || mayAs('break_glass', tenantId, object, action));
  return {
    can,
    permissions,
    permissionsOf: (subject) => permissions.filter(({ object, action }) => can(subject, object, action)),
    inheritance: links.map(([role = '', inherits = '', kind = '']) => ({ role, inherits, kind })),
  };
}

function uniquePermissions(rules: readonly (readonly string[])[]): readonly Permission[] {
  const seen = new Map<string, Permission>();
  for (const [, , object = '', action = ''] of rules) seen.set(`${object} ${action}`, { object, action });
  return [...seen.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, permission]) => permission);
}
