import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { VendorName } from '../../../sandboxes/support/start.ts';
import { deviations } from './deviations.ts';
import { deref, isObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** Where the vendors' OpenAPI documents lie: TOOLBOX_SPECS, or beside the project. They are not part of it: undefined where they are absent. */
export function specsDirectory(): string | undefined {
  const directory = process.env['TOOLBOX_SPECS'] ?? resolve(import.meta.dirname, '../../../../shared/specs');
  return existsSync(join(directory, 'stripe.json')) ? directory : undefined;
}

/** A vendor's document, amended where the vendor is known to behave otherwise, its schemas as JSON Schema. Throws where it is absent. */
export function loadDocument(vendor: VendorName): JsonObject {
  const directory = specsDirectory();
  if (directory === undefined) throw new Error('The OpenAPI documents are not present.');
  const document = JSON.parse(readFileSync(join(directory, `${vendor}.json`), 'utf8')) as JsonObject;
  for (const deviation of deviations) if (deviation.vendor === vendor) deviation.amend(document);
  return toJsonSchema(withoutIndirection(document, document)) as JsonObject;
}

/** Parameters, bodies and answers written where they are used: only schemas, which may be cyclic, stay references. */
function withoutIndirection(value: Json, document: JsonObject): Json {
  if (Array.isArray(value)) return value.map((item) => withoutIndirection(item, document));
  if (!isObject(value)) return value;
  const ref = value['$ref'];
  if (typeof ref === 'string' && !ref.startsWith('#/components/schemas/')) return withoutIndirection(deref(document, value), document);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutIndirection(item, document)]));
}

/**
 * `nullable` is OpenAPI's own. And an object that lists its properties is taken at its word: a field the document does not
 * name is an invention of the sandbox, or of the code that sent it.
 */
function toJsonSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(toJsonSchema);
  if (!isObject(value)) return value;
  const inner: JsonObject = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJsonSchema(item)]));
  const { nullable, ...rest } = inner;
  const closed = isSchemaWithFields(rest) ? { ...rest, additionalProperties: false } : rest;
  return nullable === true ? { anyOf: [closed, { type: 'null' }] } : { ...closed, ...(isObject(nullable) ? { nullable } : {}) };
}

const isSchemaWithFields = (schema: JsonObject) =>
  schema['type'] === 'object' &&
  isObject(schema['properties']) &&
  Object.keys(schema['properties']).length > 0 &&
  schema['additionalProperties'] === undefined;
