export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of keys; undefined where it ends early. */
export function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** As `at`, for a place that has to be there. */
export function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  if (!isObject(found)) throw new Error(`The document has nothing at ${path.join(' > ')}.`);
  return found;
}

/** As `objectAt`, following the document's own references on the way and at the end. */
export function resolve(document: JsonObject, ...path: readonly string[]): JsonObject {
  return path.reduce((place, key) => deref(document, objectAt(place, key)), document);
}

export function deref(document: JsonObject, schema: JsonObject): JsonObject {
  const ref = schema['$ref'];
  return typeof ref === 'string' ? resolve(document, ...ref.slice(2).split('/')) : schema;
}
