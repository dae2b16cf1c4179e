import { invalid } from './failure.ts';
import type { Raw, RawObject } from './form.ts';

/** Reads one parameter; `name` is its full path, `items[0][price]`. Throws StripeFailure 400. */
export type Parse<T> = ((raw: Raw, name: string) => T) & { readonly required?: boolean };
export type Shape = Readonly<Record<string, Parse<unknown>>>;
type Required<T> = Parse<T> & { readonly required: true };
type Value<P> = P extends Parse<infer T> ? T : never;
type RequiredKeys<S> = { [K in keyof S]: S[K] extends { readonly required: true } ? K : never }[keyof S];
export type Params<S extends Shape> = { readonly [K in RequiredKeys<S>]: Value<S[K]> } & {
  readonly [K in Exclude<keyof S, RequiredKeys<S>>]?: Value<S[K]> | undefined;
};
export type Metadata = Record<string, string>;

export const required = <T>(parse: Parse<T>): Required<T> =>
  Object.assign((raw: Raw, name: string) => parse(raw, name), { required: true as const });

/** Parameters by their shape: unknown ones refused, missing required ones named. */
export function parseParams<S extends Shape>(shape: S, raw: RawObject, prefix = ''): Params<S> {
  const nameOf = (key: string) => (prefix === '' ? key : `${prefix}[${key}]`);
  for (const key of Object.keys(raw)) {
    if (!Object.hasOwn(shape, key))
      throw invalid(`Received unknown parameter: ${nameOf(key)}`, { code: 'parameter_unknown', param: nameOf(key) });
  }
  const values = Object.entries(shape).flatMap(([key, parse]) => {
    const value = raw[key];
    if (value !== undefined) return [[key, parse(value, nameOf(key))] as const];
    if (parse.required) throw invalid(`Missing required param: ${nameOf(key)}.`, { code: 'parameter_missing', param: nameOf(key) });
    return [];
  });
  return Object.fromEntries(values) as Params<S>;
}

export const text: Parse<string> = (raw, name) => {
  if (typeof raw !== 'string') throw invalid(`Invalid string: ${JSON.stringify(raw)}`, { param: name });
  if (raw !== '') return raw;
  const message = `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`;
  throw invalid(message, { code: 'parameter_invalid_empty', param: name });
};
export const integer: Parse<number> = (raw, name) => {
  if (typeof raw === 'string' && /^-?\d{1,15}$/.test(raw)) return Number(raw);
  throw invalid(`Invalid integer: ${JSON.stringify(raw)}`, { code: 'parameter_invalid_integer', param: name });
};
export const boolean: Parse<boolean> = (raw, name) => {
  if (raw === 'true' || raw === 'false') return raw === 'true';
  throw invalid(`Invalid boolean: ${JSON.stringify(raw)}`, { param: name });
};
/** An empty value unsets: null. */
export const unsettable =
  <T>(parse: Parse<T>): Parse<T | null> =>
  (raw, name) =>
    raw === '' ? null : parse(raw, name);
export const maxLength =
  (limit: number): Parse<string> =>
  (raw, name) => {
    const value = text(raw, name);
    if (value.length <= limit) return value;
    throw invalid(`Invalid string: ${value.slice(0, 12)}...; must be at most ${limit} characters`, { param: name });
  };
export const oneOf =
  <const T extends readonly string[]>(...allowed: T): Parse<T[number]> =>
  (raw, name) => {
    if (typeof raw === 'string' && allowed.includes(raw)) return raw;
    const last = allowed.at(-1);
    throw invalid(`Invalid ${name}: must be one of ${allowed.slice(0, -1).join(', ')}${allowed.length > 1 ? ', or ' : ''}${last}`, {
      param: name,
    });
  };
export const listOf =
  <T>(parse: Parse<T>): Parse<readonly T[]> =>
  (raw, name) => {
    if (!Array.isArray(raw)) throw invalid('Invalid array', { param: name });
    return (raw as readonly Raw[]).map((item, index) => parse(item, `${name}[${index}]`));
  };
export const object =
  <S extends Shape>(shape: S): Parse<Params<S>> =>
  (raw, name) => {
    if (typeof raw === 'string' || Array.isArray(raw)) throw invalid('Invalid object', { param: name });
    return parseParams(shape, raw as RawObject, name);
  };

/** Pairs to set; a pair with an empty value, or the whole as an empty value, unsets. */
export const metadata: Parse<Metadata | null> = (raw, name) => {
  if (raw === '') return null;
  if (typeof raw === 'string') throw invalid('Invalid object', { param: name });
  const pairs = Object.entries(raw as RawObject);
  for (const [key, value] of pairs) {
    if (typeof value !== 'string') throw invalid('Metadata values must be strings.', { param: `${name}[${key}]` });
    if (key.length > 40) throw invalid(`Metadata keys can have up to 40 characters, but you passed in ${key.length}.`, { param: name });
    if (value.length > 500)
      throw invalid(`Metadata values can have up to 500 characters, but you passed in ${value.length}.`, { param: `${name}[${key}]` });
  }
  if (pairs.length > 50) throw invalid('You may only specify up to 50 metadata keys.', { param: name });
  return Object.fromEntries(pairs) as Metadata;
};

/** The metadata after an update: pairs merge, empty values unset, null unsets all. */
export function mergeMetadata(before: Metadata, given: Metadata | null | undefined): Metadata {
  if (given === null) return {};
  return Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, value]) => value !== ''));
}

export const range = (
  raw: Raw,
  name: string,
): { gt?: number | undefined; gte?: number | undefined; lt?: number | undefined; lte?: number | undefined } =>
  typeof raw === 'string'
    ? { gte: integer(raw, name), lte: integer(raw, name) }
    : object({ gt: integer, gte: integer, lt: integer, lte: integer })(raw, name);

export const address = object({
  city: unsettable(text),
  country: unsettable(text),
  line1: unsettable(text),
  line2: unsettable(text),
  postal_code: unsettable(text),
  state: unsettable(text),
});
