import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import { decodeForm } from '../../../sandboxes/stripe/form.ts';
import type { VendorName } from '../../../sandboxes/support/start.ts';
import { loadDocument } from './documents.ts';
import { at, isObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { createFinder } from './operations.ts';
import type { Operation } from './operations.ts';

/** A request and its answer, as they went over the wire. Header names are lower case. */
export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: string;
}

export interface Checked {
  /** `POST /v1/customers`; undefined when the document has no such operation. */
  readonly operation: string | undefined;
  /** In words: what was sent or answered that the document does not allow. */
  readonly violations: readonly string[];
}

type Check = (place: readonly string[], value: unknown) => string[];

/** Compares exchanges with a vendor's document. Throws where the document is absent. */
export function createChecker(vendor: VendorName): (exchange: Exchange) => Checked {
  const document = loadDocument(vendor);
  const find = createFinder(document);
  // What comes as text (forms, queries) is read as the type the document gives it.
  const checkText = createCheck(document, true);
  const check = createCheck(document, false);
  return (exchange) => {
    const path = decodeURIComponent(exchange.url.split('?', 1)[0] ?? '');
    const operation = find(exchange.method, path);
    if (!operation) return { operation: undefined, violations: [`${exchange.method} ${path}: the document has no such operation`] };
    const asked = [
      ...queryViolations(operation, exchange, checkText, vendor).map((words) => `query: ${words}`),
      ...headerViolations(operation, exchange).map((words) => `headers: ${words}`),
      ...requestViolations(operation, exchange, check, checkText).map((words) => `request: ${words}`),
    ];
    const answered = responseViolations(operation, exchange, check).map((words) => `answer ${exchange.status}: ${words}`);
    // A request that was refused was allowed to be wrong: only one that was taken tells against client or sandbox.
    const violations = exchange.status < 400 ? [...asked, ...answered] : answered;
    return { operation: operation.name, violations: violations.map((words) => `${operation.name}: ${words}`) };
  };
}

function createCheck(document: JsonObject, coerceTypes: boolean): Check {
  // SendGrid's patterns hold escapes that the unicode mode refuses.
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes, unicodeRegExp: false, logger: false, inlineRefs: false });
  formats.default(ajv);
  ajv.addSchema(document, 'document');
  return (place, value) => {
    const pointer = place.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.getSchema(`document#/${pointer}`);
    if (!validate) throw new Error(`The document has no schema at ${place.join(' > ')}.`);
    return validate(value) ? [] : words(validate.errors ?? []);
  };
}

/** The deepest complaints say most: an `anyOf` above them only says that nothing fitted. */
function words(errors: readonly ErrorObject[]): string[] {
  const deepest = Math.max(...errors.map(({ instancePath }) => instancePath.length));
  return errors
    .filter(({ instancePath, keyword }) => keyword !== 'anyOf' && (instancePath.length === deepest || errors.length < 4))
    .map(({ instancePath, message, params }) => `${instancePath || '(whole)'} ${message} ${JSON.stringify(params)}`);
}

const parametersOf = ({ definition }: Operation, place: string) =>
  (Array.isArray(definition['parameters']) ? definition['parameters'] : []).flatMap((one, index) =>
    isObject(one) && one['in'] === place && typeof one['name'] === 'string'
      ? [{ name: one['name'], required: one['required'] === true, index }]
      : [],
  );

function queryViolations(operation: Operation, { url }: Exchange, checkText: Check, vendor: VendorName): string[] {
  const text = url.split('?')[1] ?? '';
  const given: Record<string, unknown> = vendor === 'stripe' ? decodeForm(text) : Object.fromEntries(new URLSearchParams(text));
  const known = parametersOf(operation, 'query');
  const strangers = Object.keys(given).filter((name) => !known.some((one) => one.name === name));
  return [
    ...strangers.map((name) => `${name} is not in the document`),
    ...known.filter(({ name, required }) => required && !(name in given)).map(({ name }) => `${name} is missing`),
    ...known
      .filter(({ name }) => name in given)
      .flatMap(({ name, index }) => {
        // Coercion replaces a value inside its parent, so it is given one.
        const schema = [...operation.path, 'parameters', String(index), 'schema'];
        return checkText(schema, given[name]).map((complaint) => `${name} ${complaint}`);
      }),
  ];
}

const headerViolations = (operation: Operation, { requestHeaders }: Exchange): string[] =>
  parametersOf(operation, 'header').flatMap(({ name, required }) =>
    required && !(name.toLowerCase() in requestHeaders) ? [`${name} is missing`] : [],
  );

const mediaType = (headers: Readonly<Record<string, string>>) => (headers['content-type'] ?? '').split(';', 1)[0]?.trim() ?? '';

function requestViolations({ definition, path }: Operation, exchange: Exchange, check: Check, checkText: Check): string[] {
  const body = at(definition, 'requestBody');
  if (exchange.requestBody === '') return at(body, 'required') === true ? ['a body is required'] : [];
  if (!isObject(body)) return ['the operation takes no body'];
  const type = mediaType(exchange.requestHeaders);
  if (!isObject(at(body, 'content', type))) return [`${type} is not a content type of the document`];
  const place = [...path, 'requestBody', 'content', type, 'schema'];
  return type === 'application/x-www-form-urlencoded'
    ? checkText(place, decodeForm(exchange.requestBody))
    : check(place, JSON.parse(exchange.requestBody));
}

function responseViolations({ definition, path }: Operation, { status, responseHeaders, responseBody }: Exchange, check: Check): string[] {
  const documented = [String(status), 'default'].find((key) => isObject(at(definition, 'responses', key)));
  if (documented === undefined) return ['the document has no such status'];
  const content = at(definition, 'responses', documented, 'content');
  if (responseBody === '')
    return isObject(content) && status !== 204 && Object.keys(content).length > 0 ? ['a body is documented, none came'] : [];
  const type = mediaType(responseHeaders);
  if (!isObject(at(content, type))) return [`${type || 'a body'} is not documented`];
  const value: Json = type === 'application/json' ? (JSON.parse(responseBody) as Json) : responseBody;
  return isObject(at(content, type, 'schema')) ? check([...path, 'responses', documented, 'content', type, 'schema'], value) : [];
}
