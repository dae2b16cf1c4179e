/**
 * JSON with one form a value, byte for byte (RFC 8785): keys sorted by UTF-16 units, no space, numbers and strings as ECMAScript writes
 * them. What is undefined is left out. Throws TypeError for what JSON has no form for: NaN, Infinity, bigint, a lone surrogate.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return scalar(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([key, member]) => `${scalar(key)}:${canonicalJson(member)}`).join(',')}}`;
}

function scalar(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('Such a number has no form in JSON.');
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) throw new TypeError('A lone surrogate has no form in JSON.');
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`What is ${typeof value} has no form in JSON.`);
  return text;
}
