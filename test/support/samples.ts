import assert from 'node:assert/strict';
import { z } from 'zod';
import type { Route } from '../../api/support/route.ts';
import { defaultPolicy } from '../../domain/dunning/policy.ts';
import { Person } from '../../platform/models/person.ts';
import type { Request } from './http.ts';

/** An id of nothing. */
export const nowhere = '0190d1a0-0000-7000-8000-0000000000aa';

const camel = (column: string): string => column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}
const byFormat: Readonly<Record<string, string>> = { uuid: nowhere, email: 'ada@lincoln.example', 'date-time': '2099-01-01T00:00:00Z' };
/** What a schema cannot say in JSON Schema. */
const byName: Readonly<Record<string, unknown>> = { timeZone: 'UTC', locale: 'en', socket_id: '1.1' };
const corrections = {
  ...Object.fromEntries(Object.keys(Person.pii).map((column) => [camel(column), 'Ada'])),
  email: 'ada@lincoln.example',
  phone: '+49 30 1234567',
  dateOfBirth: '2010-01-31',
  robloxUserId: '1',
};
/** Bodies with rules between their fields. */
const byRoute: Readonly<Record<string, object>> = {
  'put /v1/billing/dunning-policy': { ...defaultPolicy, version: 2 },
  'post /v1/processes/rectify-subject/runs': { personId: nowhere, corrections },
  'post /v1/privacy/requests/{id}/holds': { reason: 'A court wants to see it.', until: '2099-01-01T00:00:00Z' },
};

function sampleOf(schema: Schema, name = ''): unknown {
  if (name in byName) return byName[name];
  const said = [schema.const, ...(schema.examples ?? []), ...(schema.enum ?? [])].find((value) => value !== undefined);
  if (said !== undefined) return said;
  const { type, properties = {}, minimum = 0, minLength = 0, maxLength = 8 } = schema;
  if (type === 'object') return Object.fromEntries(Object.entries(properties).map(([key, of]) => [key, sampleOf(of, key)]));
  if (type === 'array') return [];
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return Math.max(minimum, 1);
  return byFormat[schema.format ?? ''] ?? 'abcdefgh'.padEnd(minLength, 'x').slice(0, maxLength);
}

/** A body that the route's own schema takes, with every field it knows. Fails for a schema it cannot fill: say there how. */
export function bodyFor(route: Route): Record<string, unknown> | undefined {
  const schema = route.body ?? route.form;
  if (!schema) return undefined;
  const { $ref = '', $defs, ...own } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const known = byRoute[`${route.method} ${route.path}`];
  const sample = (known ?? sampleOf($defs?.[$ref.replace('#/$defs/', '')] ?? own)) as Record<string, unknown>;
  const { success } = schema.safeParse(sample);
  assert.ok(success, `No sample for ${route.method} ${route.path}: say in test/support/samples.ts what its fields are.`);
  return sample;
}

/** A request that gets as far as the route's handler: method, precondition and body as it declares them. */
export function requestFor(route: Route, body: unknown = bodyFor(route)): Request {
  const method = route.method.toUpperCase();
  const headers = route.ifMatch ? { 'if-match': '"1"' } : {};
  if (route.form) {
    const raw = new URLSearchParams(body as Record<string, string>).toString();
    return { method, raw, headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' } };
  }
  return { method, headers, ...(route.body ? { body } : {}) };
}

/** The path with its parameters filled in; a name that is no id stays a word. */
export const pathOf = ({ path }: Route, id: string = nowhere): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === 'id' || name.endsWith('Id') ? id : 'decide'));
