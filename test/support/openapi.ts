import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Answer } from './http.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** Checks answers against the API's own document: their status must be declared, their body must fit its schema. */
export function answerChecker(document: Document): (method: string, url: string, answer: Answer) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as (target: Ajv2020) => void)(ajv);
  ajv.addSchema(document, 'api');
  const compiled = new Map<string, ValidateFunction>();
  const patterns = Object.keys(document.paths).map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) }));
  // A path without parameters wins over one with.
  patterns.sort((a, b) => a.path.split('{').length - b.path.split('{').length);

  return (method, url, { status, type, body }) => {
    const path = patterns.find(({ pattern }) => pattern.test(new URL(url, 'http://api').pathname))?.path;
    const operation = path && document.paths[path]?.[method.toLowerCase()];
    if (!operation) return; // not ours: the 404 or 405 of no route
    const response = operation.responses[status];
    assert.ok(response, `${method} ${path} answers ${status}, which its documentation does not know`);
    if (type === '') return;
    assert.ok(response.content?.[type], `${method} ${path} answers ${status} as ${type}, which its documentation does not know`);
    if (!type.endsWith('json')) return;
    const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'].map(escaped).join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `api#/${encodeURI(pointer)}` });
    compiled.set(pointer, validate);
    assert.ok(validate(body), `${method} ${path} ${status} does not fit its documentation: ${ajv.errorsText(validate.errors)}`);
  };
}
