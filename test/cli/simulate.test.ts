import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const simulate = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'cli/simulate.ts', ...args], { encoding: 'utf8' });
const csv = 'docs/examples/failed-payments.csv';
const policy = 'docs/examples/dunning-policy.json';

interface Answer {
  readonly source: {
    readonly invoices: number;
    readonly known: number;
    readonly badLines: readonly { line: number; reasons: readonly string[] }[];
  };
  readonly caveat: string;
  readonly cpuSeconds: number;
  readonly policies: readonly { readonly name: string; readonly invoices: { readonly failed: number; readonly recovered: number } }[];
}
const answerOf = (text: string): Answer => JSON.parse(text) as Answer;

describe('npm run simulate', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-simulate-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  after(() => rmSync(folder, { recursive: true }));

  it('shows a policy beside the present one, over the failures of a file', () => {
    const { status, stdout, stderr } = simulate(csv, '--policy', policy);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /8 failed payments under patient v1 against standard v1/);
    assert.match(stdout, /1 of them behave by a model, not by facts/);
    assert.match(stdout, /recovered of JPY 735,000 /);
    assert.match(stdout, /│ lost_card +│ +1 │ +0\.0 % │/);
  });

  it('answers the same for a seed, and within the promised time', () => {
    const [one, two] = [simulate('--sample', '100000', '--json'), simulate('--sample', '3000', '--seed', '7', '--json')];
    const again = simulate('--sample', '3000', '--seed', '7', '--json');
    const { cpuSeconds: _, ...first } = answerOf(two.stdout);
    const { cpuSeconds: __, ...second } = answerOf(again.stdout);
    assert.deepEqual(first, second);
    const { source, cpuSeconds, policies } = answerOf(one.stdout);
    assert.deepEqual([source.invoices, policies[0]?.invoices.failed], [100_000, 100_000]);
    assert.ok(cpuSeconds < 10, `${cpuSeconds} s of one core`);
  });

  it('tells every row that it could not use, by line, and simulates the others', () => {
    const header = 'Invoice ID,failed_at,amount_minor,currency,decline_code,time_zone,paid_at,paid_by';
    const rows = [
      'in_1,2026-03-01T06:00:00Z,4900,USD,insufficient_funds,Europe/Berlin,2026-03-04T06:00:00Z,',
      'in_2,2026-02-31T06:00:00Z,49.00,dollars,Insufficient Funds,Mars/Olympus,soon,nobody',
      'in_1,2026-03-01T06:00:00Z,4900,usd,lost_card,,,',
      'in_3,2026-03-01T06:00:00Z,4900,usd',
      'in_4,2026-03-01T06:00:00Z,4900,usd,lost_card,,2026-02-01T06:00:00Z,customer',
      ',2026-03-01T06:00:00Z,4900,usd,lost_card,,,',
    ];
    const { status, stdout, stderr } = simulate(write('bad.csv', `\uFEFF${[header, ...rows].join('\r\n')}\r\n`), '--json');
    assert.equal(status, 1);
    const { source, policies, caveat } = answerOf(stdout);
    assert.equal(policies[0]?.invoices.recovered, 1);
    assert.equal(caveat, 'What really happened is known of all.');
    assert.deepEqual(
      source.badLines.map(({ line, reasons }) => [line, reasons.length]),
      [
        [3, 7],
        [4, 1],
        [5, 1],
        [6, 1],
        [7, 1],
      ],
    );
    assert.match(stderr, /bad\.csv, line 4: invoice_id was there before\n/);
    assert.match(stderr, /5 rows were not simulated/);
    assert.doesNotMatch(stderr, /Olympus|dollars|in_2/);
  });

  for (const [what, args, words] of [
    ['neither file nor sample', () => [], /Name a CSV file, or say --sample 100000/],
    ['both', () => [csv, '--sample', '5'], /one of them/],
    ['a file that is not there', () => ['nowhere.csv'], /There is no file nowhere\.csv\./],
    ['a folder', () => ['docs'], /docs is not a file/],
    [
      'a file of something else',
      () => ['README.md'],
      /README\.md lacks the columns invoice_id, failed_at, amount_minor, currency, decline_code\./,
    ],
    ['an empty file', () => [write('empty.csv', '')], /lacks the columns/],
    ['a file without a row', () => [write('none.csv', 'invoice_id,failed_at,amount_minor,currency,decline_code\n')], /no failed payment/],
    ['a file that is not UTF-8', () => [write('utf16.csv', 'i\u0000n\u0000\n\u0000')], /is not UTF-8 \(line 1\)/],
    ['a policy that is not JSON', () => ['--sample', '5', '--policy', csv], /is not JSON/],
    [
      'a policy with faults, saying all of them',
      () => ['--sample', '5', '--against', write('policy.json', '{"name":"","owner":"both","version":1}')],
      /is no dunning policy:\n {2}name: a name\n {2}owner: platform or stripe, never both\n/,
    ],
    ['no number', () => ['--sample', 'many'], /It must be a whole number/],
  ] as const)
    it(`refuses ${what} in words`, () => {
      const { status, stdout, stderr } = simulate(...args());
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, words);
      assert.doesNotMatch(stderr, /\n {4}at /);
    });

  it('documents the columns', () => {
    const { status, stdout } = simulate('--help');
    assert.equal(status, 0);
    for (const column of ['invoice_id', 'failed_at', 'amount_minor', 'currency', 'decline_code', 'time_zone', 'paid_at', 'paid_by'])
      assert.ok(stdout.includes(column));
  });
});
