import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { countRows, readRows, type Row } from '../../platform/roster/csv-rows.ts';

const header = 'One,Two,Three';
const file = (lines: readonly string[]): Readable => Readable.from([Buffer.from([header, ...lines, ''].join('\r\n'))]);
async function rowsOf(lines: readonly string[]): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const block of readRows(file(lines), 'users.csv')) rows.push(...block);
  return rows;
}
async function countOf(lines: readonly string[]): Promise<number> {
  let rows = 0;
  for await (const count of countRows(file(lines), 'users.csv')) rows += count;
  return rows;
}
const line = fc
  .array(fc.constantFrom('"', '""', ',', ' ', 'a', 'ë', '\t', '\r', '"b"', '"c,d"'), { maxLength: 8 })
  .map((parts) => parts.join(''));
const closed = line.filter((text) => text.split('"').length % 2 === 1);

describe('roster rows', () => {
  it('says the same of a line that leaves no quote open, whatever lines stand around it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(closed, { maxLength: 6 }), async (lines) => {
        const alone = await Promise.all(lines.map((text) => rowsOf([text])));
        const expected = alone.flatMap((rows, at) => rows.map((row) => ({ ...row, line: at + 2 })));
        assert.deepEqual(await rowsOf(lines), expected);
      }),
      { numRuns: 300 },
    );
  });

  it('counts as many rows as it reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
        assert.equal(await countOf(lines), (await rowsOf(lines)).length);
      }),
      { numRuns: 300 },
    );
  });

  it('reads ten thousand rows that have every value in quotes', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `"${at}","Klein, Ora ""O""","9"`);
    const rows = await rowsOf(lines);
    assert.deepEqual(rows[9_999], { line: 10_001, values: { one: '9999', two: 'Klein, Ora "O"', three: '9' } });
    assert.equal(rows.length, 10_000);
  });
});
