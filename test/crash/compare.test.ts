import assert from 'node:assert/strict';
import { anonymous, difference } from './support/anonymous.ts';
import { rowsOf } from './support/rows.ts';
import type { Example } from './support/world.ts';
import { loadProcesses } from '../../processes/support/registry.ts';

describe('the comparison of two runs', () => {
  it('sees no difference in what is made anew for each run', () => {
    const row = (id: string, at: string, sealed: string): string =>
      `{"id": "${id}", "at": "${at}", "name": "\\\\x${sealed}", "version": ${id.length}, "slug": "s-${id.slice(0, 4)}"}`;
    const one = '018f2b5c-0000-7000-8000-0000000000aa';
    const other = '018f2b5d-1111-7111-8111-1111111111bb';
    assert.equal(
      anonymous(row(one, '2026-11-23T08:00:00.1+00:00', 'aa'.repeat(40)), { NAME: `s-${one.slice(0, 4)}` }),
      anonymous(row(other, '2026-11-24T09:00:00.22+00:00', 'bb'.repeat(40)), { NAME: `s-${other.slice(0, 4)}` }),
    );
  });

  it('sees another length of what is sealed, another word and another amount', () => {
    const of = (sealed: number, word: string, amount: number): string =>
      anonymous(`{"name": "\\\\x${'ab'.repeat(sealed)}", "status": "${word}", "amount_minor": ${amount}}`, {});
    const all = [of(40, 'paid', 0), of(41, 'paid', 0), of(40, 'open', 0), of(40, 'paid', 1)];
    assert.equal(new Set(all).size, all.length);
  });

  it('sees an effect that came twice, and one that did not come', () => {
    assert.deepEqual(difference(['mail', 'mail', 'bill'], ['mail', 'bill']), ['mail']);
    assert.deepEqual(difference(['mail', 'bill'], ['mail', 'mail', 'bill']), []);
    assert.deepEqual(difference(['mail', 'bill'], ['mail']), ['bill']);
  });
});

describe('the rows of the crash matrix', function () {
  this.timeout(30_000);
  const processes = loadProcesses();
  type Calls = readonly (readonly string[])[];
  const planned = async (calls: Calls, more: Partial<Example> = {}, known = new Set<string>()) => {
    const process = (await processes).find('onboard-school');
    assert.ok(process);
    const effect = { vendor: 'stripe', operation: 'DELETE /v1/customers/{id}', businessKey: null, body: {}, at: '', id: '' };
    const undisturbed = { lines: [], calls: new Map([['act', calls]]), effects: [effect], deaths: 0, lastWords: '', seconds: 0 };
    return rowsOf({ process, example: { input: async () => ({}), ...more }, exampleName: 'one', undisturbed }, known);
  };
  const doomsOf = async (calls: Calls) => (await planned(calls)).flatMap(({ disturbance }) => disturbance.doom ?? []);
  const momentsOf = async (writes: readonly string[]) => (await doomsOf([writes])).map(({ moment }) => moment);

  it('kill an activity before it begins and after each of its writes', async () => {
    assert.deepEqual(await momentsOf(['a', 'b', 'c']), ['before', 1, 2, 3]);
  });

  it('kill one that writes nothing once, at its end', async () => assert.deepEqual(await momentsOf([]), ['after']));

  it('kill one of many writes at some of them, the last included', async () => {
    assert.deepEqual(await momentsOf(Array<string>(100).fill('page')), ['before', 17, 33, 50, 67, 83, 100]);
  });

  it('kill every call of an activity, and of many calls the first and the last', async () => {
    const callsOf = async (count: number) =>
      (await doomsOf(Array.from({ length: count }, () => ['mail']))).map(({ call, moment }) => `${call} ${moment}`);
    assert.deepEqual(await callsOf(2), ['1 before', '1 1', '2 before', '2 1']);
    assert.deepEqual(await callsOf(9), ['1 before', '1 1', '9 before', '9 1']);
  });

  it('kill beside each message of an example, before it is sent and after it is taken', async () => {
    const messages = [{ at: 'wait', name: 'go-on', body: {} }];
    const rows = (await planned([], { messages })).filter(({ disturbance }) => disturbance.spoken);
    assert.deepEqual(
      rows.map(({ what, moment }) => `${what} ${moment}`),
      ['message go-on at wait before it is sent', 'message go-on at wait after it is taken'],
    );
  });

  it('do not repeat what an earlier example of the process has', async () => {
    const known = new Set<string>();
    await planned([['mail']], {}, known);
    const later = await planned([['mail'], ['mail']], {}, known);
    assert.deepEqual(
      later.map(({ what, moment }) => `${what}: ${moment}`),
      ['act, call 2 of 2: before', 'act, call 2 of 2: write 1 of 1: mail'],
    );
  });

  it('disturb each operation of a vendor in every way', async () => {
    const faults = (await planned([[]])).flatMap(({ disturbance }) => disturbance.fault ?? []);
    assert.deepEqual(
      faults.map(({ vendor, method, path }) => `${vendor} ${method} ${path}`),
      Array<string>(5).fill('stripe DELETE /v1/customers/*'),
    );
  });
});
