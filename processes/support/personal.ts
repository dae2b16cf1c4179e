import { z } from 'zod';
import { piiTypes, type PiiType } from '../../domain/pii.ts';

type Path = readonly string[];
type Fields = Readonly<Record<string, unknown>>;

const wrappers = new Set(['optional', 'nullable', 'default', 'prefault', 'readonly', 'catch', 'nonoptional']);
const containers = new Set(['array', 'tuple', 'record', 'map', 'set', 'union', 'intersection', 'lazy', 'pipe', 'promise']);

const metaOf = (schema: z.core.$ZodType): unknown => z.globalRegistry.get(schema)?.['pii'];
const childrenOf = (schema: z.core.$ZodType): z.core.$ZodType[] =>
  Object.values(schema._zod.def as unknown as Fields)
    .flat()
    .filter((part): part is z.core.$ZodType => typeof part === 'object' && part !== null && '_zod' in part);

/** The personal fields of an input: those marked `.meta({ pii: <type> })`, as paths. Throws for a mark the API could not honour. */
export function personalPaths(schema: z.core.$ZodType, at: Path = []): { path: Path; pii: PiiType }[] {
  const pii = metaOf(schema);
  if (pii !== undefined) {
    if (!piiTypes.includes(pii as PiiType))
      throw new Error(`${at.join('.')}: there is no such kind of personal data: ${JSON.stringify(pii)}.`);
    return [{ path: at, pii: pii as PiiType }];
  }
  const { type } = schema._zod.def;
  if (wrappers.has(type)) return childrenOf(schema).flatMap((inner) => personalPaths(inner, at));
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape as Record<string, z.core.$ZodType>).flatMap(([key, inner]) => personalPaths(inner, [...at, key]));
  }
  // Inside a list or a union a field has no fixed place to be taken from: the whole list must carry the mark.
  if (containers.has(type) && childrenOf(schema).some((inner) => personalPaths(inner, at).length > 0)) {
    throw new Error(`${at.join('.')}: mark the whole ${type} as personal, not a part of it.`);
  }
  return [];
}

const pathsOf = new WeakMap<z.core.$ZodType, readonly Path[]>();

function knownPaths(schema: z.ZodObject): readonly Path[] {
  const paths = pathsOf.get(schema) ?? personalPaths(schema).map(({ path }) => path);
  pathsOf.set(schema, paths);
  return paths;
}

/**
 * Parts a valid input: `plain` may travel to Temporal, `personal` (same shape, only the marked fields) must be sealed first.
 * `personal` is undefined when the input holds none.
 */
export function splitPersonal(schema: z.ZodObject, input: Fields): { plain: Fields; personal: Fields | undefined } {
  const plain = structuredClone(input) as Record<string, unknown>;
  const personal: Record<string, unknown> = {};
  for (const path of knownPaths(schema)) move(plain, personal, path);
  return { plain, personal: Object.keys(personal).length > 0 ? personal : undefined };
}

function move(from: Record<string, unknown>, to: Record<string, unknown>, [key, ...rest]: Path): void {
  if (key === undefined || from[key] === undefined) return;
  if (rest.length === 0) {
    to[key] = from[key];
    delete from[key];
    return;
  }
  if (typeof from[key] !== 'object' || from[key] === null) return;
  const inner = (to[key] ?? {}) as Record<string, unknown>;
  move(from[key] as Record<string, unknown>, inner, rest);
  if (Object.keys(inner).length > 0) to[key] = inner;
}
