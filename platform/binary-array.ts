/**
 * Arrays in PostgreSQL's binary form, to be bound as `?::uuid[]`. As text each value is escaped here and taken apart there, and bytes
 * are twice as long: with thousands of values that costs more than writing the rows.
 */
const types = { bytea: 17, text: 25, uuid: 2950 } as const;
const headBytes = 20;
const uuidBytes = 16;

type Values<T> = readonly (T | null | undefined)[];

/** @param write puts a value into the array and returns its length; only values that are there */
function arrayOf<T>(
  type: keyof typeof types,
  values: Values<T>,
  bytes: number,
  write: (into: Buffer, at: number, value: T) => number,
): Buffer {
  const array = Buffer.allocUnsafe(headBytes + 4 * values.length + bytes);
  let at = array.writeInt32BE(1, 0); // dimensions
  at = array.writeInt32BE(1, at); // there may be nulls
  at = array.writeInt32BE(types[type], at);
  at = array.writeInt32BE(values.length, at);
  at = array.writeInt32BE(1, at); // number of the first
  for (const value of values) {
    const length = value === null || value === undefined ? -1 : write(array, at + 4, value);
    at = array.writeInt32BE(length, at) + Math.max(0, length);
  }
  return array.subarray(0, at);
}

export const uuidArray = (values: Values<string>): Buffer =>
  arrayOf('uuid', values, uuidBytes * values.length, (into, at, value) => into.write(value.replaceAll('-', ''), at, uuidBytes, 'hex'));

export function textArray(values: Values<string>): Buffer {
  const bytes = values.reduce((sum, value) => sum + (value ? Buffer.byteLength(value) : 0), 0);
  return arrayOf('text', values, bytes, (into, at, value) => into.write(value, at));
}

export function byteaArray(values: Values<Buffer>): Buffer {
  const bytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return arrayOf('bytea', values, bytes, (into, at, value) => value.copy(into, at));
}
