import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { openApiDocument } from '../../api/support/openapi.ts';
import { reply, route } from '../../api/support/route.ts';
import { useApi } from '../support/api.ts';
import { answerChecker, type Document } from '../support/openapi.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly object[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, unknown>>;
}

/** Every JSON object below a value. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const part of Object.values(value)) yield* objectsIn(part);
}

describe('the document of the API', () => {
  const api = useApi();
  let document: Document & { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  const operations = (): Operation[] => Object.values(document.paths).flatMap((methods) => Object.values(methods));
  before(async () => {
    const { status, body } = await api.send('/openapi.json');
    assert.equal(status, 200);
    document = body as unknown as typeof document;
  });

  it('knows every route, and no two operations by one name', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    assert.deepEqual(documented.sort(), api.routes.map(({ method, path }) => `${method} ${path}`).sort());
    assert.equal(new Set(operations().map(({ operationId }) => operationId)).size, operations().length);
  });

  it('names in each path exactly the parameters it describes', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(methods)) {
        assert.deepEqual(
          parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
          named,
          path,
        );
      }
    }
  });

  it('holds only schemas that compile, and references that lead somewhere', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, 'api');
    for (const name of Object.keys(document.components.schemas)) ajv.compile({ $ref: `api#/components/schemas/${name}` });
    for (const { $ref } of objectsIn(document)) {
      if (typeof $ref === 'string') assert.ok(document.components.schemas[$ref.replace('#/components/schemas/', '')], $ref);
    }
  });

  it('lets no two shapes share one name: what is sent takes more or less than what is answered', () => {
    const Loose = z.object({ a: z.string() }).meta({ id: 'Loose' });
    const echo = (body: z.ZodType) =>
      openApiDocument([
        route({
          method: 'post',
          path: '/echo',
          access: 'public',
          summary: 'Says it again',
          body,
          responses: { 200: body },
          handler: async (call) => reply(200, call.body),
        }),
      ]);
    assert.throws(() => echo(Loose), /Loose/);
    assert.ok(echo(z.strictObject({ a: z.string() }).meta({ id: 'Strict' })));
  });

  it('says of every guarded operation that it takes a token and may refuse it', () => {
    const guarded = operations().filter(({ security }) => security.length > 0);
    assert.equal(guarded.length, api.routes.filter(({ access }) => access !== 'public').length);
    for (const { responses, operationId } of guarded) assert.ok(responses['401'] && responses['403'], operationId);
  });

  it('is what answers are held against: one that does not fit is found', () => {
    const check = answerChecker(document);
    const answer = { status: 200, type: 'application/json', headers: new Headers(), body: { status: 'ok' } as never };
    check('GET', '/healthz', answer);
    assert.throws(() => check('GET', '/healthz', { ...answer, body: { status: 'fine' } as never }), /does not fit/);
    assert.throws(() => check('GET', '/healthz', { ...answer, status: 418 }), /does not know/);
    assert.throws(() => check('GET', '/healthz', { ...answer, type: 'text/html' }), /does not know/);
  });
});
