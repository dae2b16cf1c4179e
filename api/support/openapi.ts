import { STATUS_CODES } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Problem } from '../presenters/problem.ts';
import type { Answer, Route } from './route.ts';

type Json = Record<string, unknown>;

/** Of the contract, not of the release: it changes when clients must know. */
const apiVersion = '1.0.0';

/** The OpenAPI 3.1 document of these routes, from the same schemas that check requests. */
export function openApiDocument(routes: readonly Route[], { version = apiVersion }: { readonly version?: string } = {}): Json {
  const components: Json = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => jsonSchema(schema, io, components);
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route, schemaOf);
  return {
    openapi: '3.1.0',
    info: {
      title: 'ToolboxAI',
      version,
      description:
        'Errors are RFC 9457 problems. Lists page by an opaque cursor. At most 100 headers, those that decide something once. ' +
        'Answered 402 is who may, in a school that may not while it owes (tenant-read-only, tenant-suspended-for-payment, tenant-cancelled-for-payment).',
    },
    paths,
    components: { schemas: components, securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  };
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Json;

function operation(route: Route, schemaOf: SchemaOf): Json {
  const { method, path, access, summary, purpose } = route;
  const body = requestBody(route, schemaOf);
  return {
    operationId: `${method}${path.replaceAll(/[^A-Za-z0-9]+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    tags: [path.split('/')[path.startsWith('/v1/') ? 2 : 1] ?? 'platform'],
    security: access === 'public' ? [] : [{ bearer: [] }],
    ...(typeof access === 'object' ? { 'x-permission': access } : {}),
    ...(purpose ? { 'x-purpose': purpose } : {}),
    parameters: parameters(route, schemaOf),
    ...(body ? { requestBody: body } : {}),
    responses: responses(route, schemaOf),
  };
}

function parameters(route: Route, schemaOf: SchemaOf): Json[] {
  const listed = (schema: z.ZodType | undefined, place: string): Json[] => {
    if (!schema) return [];
    const { properties = {}, required = [] } = schemaOf(schema, 'input') as { properties?: Json; required?: string[] };
    return Object.entries(properties).map(([name, of]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: of,
    }));
  };
  const ifMatch = { name: 'if-match', in: 'header', required: true, description: 'The ETag you read', schema: { type: 'string' } };
  const parts = [
    listed(route.params, 'path'),
    listed(route.query, 'query'),
    listed(route.headers, 'header'),
    route.ifMatch ? [ifMatch] : [],
  ];
  return parts.flat();
}

function requestBody({ body, form, raw }: Route, schemaOf: SchemaOf): Json | undefined {
  if (body) return { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: schemaOf(body, 'input') } } };
  if (form) return { required: true, content: { 'application/x-www-form-urlencoded': { schema: schemaOf(form, 'input') } } };
  if (raw)
    return { required: true, content: Object.fromEntries(raw.map((type) => [type, { schema: { type: 'string', format: 'binary' } }])) };
  return undefined;
}

function responses(route: Route, schemaOf: SchemaOf): Json {
  const declared = Object.entries(route.responses).map(([status, answer]) => [status, response(Number(status), answer, schemaOf)] as const);
  const problem = (status: number) =>
    [
      String(status),
      { description: STATUS_CODES[status], content: { 'application/problem+json': { schema: schemaOf(Problem, 'output') } } },
    ] as const;
  return Object.fromEntries([...impliedProblems(route).map(problem), ...declared]);
}

function response(status: number, answer: Answer, schemaOf: SchemaOf): Json {
  const description = STATUS_CODES[status];
  if (answer === null) return { description };
  if (!(answer instanceof z.ZodType)) return { description: answer.description, content: { [answer.mediaType]: {} } };
  return { description, content: { 'application/json': { schema: schemaOf(answer, 'output') } } };
}

/** The problems a route may answer because of how it is declared, and those it names itself. */
export function impliedProblems({
  access,
  params,
  query,
  headers,
  body,
  form,
  raw,
  ifMatch,
  problems = [],
  ...route
}: Route): readonly number[] {
  return [
    400,
    431,
    ...(access === 'public' ? [] : [401, 403]),
    ...(access === 'public' || route.paying ? [] : [402]),
    ...(route.unlimited ? [] : [429]),
    ...(params ? [404] : []),
    ...(body || form ? [408, 413] : []),
    ...(body || form || raw ? [415] : []),
    ...(body || form || query || headers ? [422] : []),
    ...(ifMatch ? [412, 428] : []),
    500,
    503,
    ...problems,
  ].filter((status, index, all) => all.indexOf(status) === index);
}

/** Zod's own JSON Schema; schemas with an id become components, each of one shape: it must mean the same sent and answered. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const {
    $schema: _,
    $defs = {},
    ...root
  } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }) as Json & { $defs?: Json };
  for (const [name, definition] of Object.entries($defs)) {
    const component = withComponentRefs(definition);
    if (name in components && !isDeepStrictEqual(components[name], component)) throw new Error(`${name} has two shapes in one document.`);
    components[name] = component;
  }
  return withComponentRefs(root) as Json;
}

function withComponentRefs(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withComponentRefs);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => {
    if (key === '$ref' && typeof value === 'string') return [key, value.replace('#/$defs/', '#/components/schemas/')];
    return [key, withComponentRefs(value)];
  });
  return Object.fromEntries(entries) as Json;
}
