import assert from 'node:assert/strict';
import { useHouseCopy } from '../support/house-copy.ts';
import { replaced, written } from './support/reminding.ts';

/** Rows as they are printed, without their number and time: `example: activity, moment: result`. */
const rowsIn = (printed: string): string[] =>
  [...printed.matchAll(/^\d+\/\d+ \S+, (.*), [\d.]+ s$/gm)].map(([, row]) => String(row).replaceAll('127.0.0.1 ', '')).sort();
const lastLine = (printed: string): string => printed.split('\n').find((line) => / rows, /.test(line)) ?? printed;

describe('the crash matrix', function () {
  this.timeout(240_000);
  const copy = useHouseCopy({ written, replaced });
  const matrix = (...args: string[]) => copy.node('--import', 'tsx', 'test/crash/main.ts', '--lanes', '2', ...args);

  it("has the rows of a school's process that sleeps, repeats an activity and is sent a message", async () => {
    const { status, printed } = await matrix('--process', 'remind-families', '--moment', 'before');
    const row = (what: string, moment = 'before'): string => `three letters, hurried: ${what}, ${moment}: same`;
    assert.deepEqual(
      rowsIn(printed),
      [
        row('sendLetter, call 1 of 4'),
        row('sendLetter, call 4 of 4'),
        row('message hurry at wait', 'before it is sent'),
        row('recordRunEnd'),
        row('sendgrid POST /v3/mail/send', 'line cut before'),
      ].sort(),
      printed,
    );
    assert.equal(status, 0);
    // What .ci/run counts.
    assert.match(printed, /^5 passing\n0 failing$/m);
    assert.equal(lastLine(printed), '5 rows, 5 same, 0 effects lost, 0 too many');
  });

  it('fails when an activity that is tried again does its effect again, or believes that it was done', async () => {
    const { status, printed } = await matrix('--process', 'remind-carelessly', '--moment', 'write');
    assert.deepEqual(
      rowsIn(printed),
      [
        'two letters: believe, write 1 of 3: commit effects: DIFFERS',
        'two letters: believe, write 2 of 3: POST /v3/mail/send: same',
        'two letters: believe, write 3 of 3: commit effects: same',
        'two letters: recordRunEnd, write 1 of 1: commit runs: same',
        'two letters: repeat, write 1 of 1: POST /v3/mail/send: DIFFERS',
      ],
      printed,
    );
    assert.match(printed, /^ {4}extra: effect sendgrid POST \/v3\/mail\/send .*Sent as often as it is tried/m);
    assert.match(printed, /^ {4}lost: effect sendgrid POST \/v3\/mail\/send .*Sent once at most/m);
    assert.equal(status, 1);
    assert.equal(lastLine(printed), '5 rows, 3 same, 1 effects lost, 1 too many');
  });
});
