import { isObject, objectAt } from './json.ts';
import type { JsonObject } from './json.ts';

/** One operation of a document, found by a request. */
export interface Operation {
  /** `POST /v1/customers/{customer}` */
  readonly name: string;
  /** The keys that lead to it in the document. */
  readonly path: readonly string[];
  readonly definition: JsonObject;
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Finds the operation a request is for: the template with the most fixed text wins. */
export function createFinder(document: JsonObject): (method: string, path: string) => Operation | undefined {
  const all = Object.entries(objectAt(document, 'paths'))
    .flatMap(([template, item]) => methods.map((method) => ({ template, method, definition: isObject(item) ? item[method] : undefined })))
    .flatMap(({ template, method, definition }) =>
      isObject(definition) ? [{ template, method, definition, pattern: patternOf(template) }] : [],
    )
    .sort((a, b) => fixedLength(b.template) - fixedLength(a.template));
  return (method, path) => {
    const found = all.find((one) => one.method === method.toLowerCase() && one.pattern.test(path));
    return found && { name: `${method} ${found.template}`, path: ['paths', found.template, found.method], definition: found.definition };
  };
}

const fixedLength = (template: string) => template.replace(/\{\w+\}/g, '').length;
const patternOf = (template: string) => new RegExp(`^${template.replace(/[.:*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+')}$`);
