import assert from 'node:assert/strict';
import { disturbances } from './disturbances.ts';
import { lineNames } from './lines.ts';
import { choose, plan } from './plan.ts';
import { timesOutside } from './support/times.ts';

describe('the plan of the exercise', () => {
  const namesOf = (only?: string): string[] => choose(only).map(({ name }) => name);
  const begins = (rounds: number) => {
    const steps = new Map<string, Set<string>>();
    for (const { disturbance, from } of plan(rounds, disturbances, true)) {
      const seen = steps.get(disturbance.name) ?? new Set();
      steps.set(disturbance.name, seen.add(String(from[0])));
    }
    return steps;
  };

  it('has each kill, disk and clock in every round, and each line once', () => {
    const names = plan(1, disturbances, true).map(({ disturbance }) => disturbance.name);
    assert.equal(new Set(names).size, names.length);
    for (const line of lineNames)
      assert.equal(names.filter((name) => /^(slow|narrow|cut|hung) /.test(name) && name.endsWith(` ${line}`)).length, 1);
    assert.equal(names.length, disturbances.length - 3 * lineNames.length);
  });

  it('has all there is within four rounds', () => {
    assert.deepEqual([...begins(4).keys()].sort(), disturbances.map(({ name }) => name).sort());
  });

  it('begins in every step of the run within ten rounds, and elsewhere whenever a trouble of a line comes round', () => {
    const steps = begins(10);
    for (const { name, from, turn } of disturbances) {
      const times = plan(10, disturbances, true).filter(({ disturbance }) => disturbance.name === name).length;
      assert.equal(steps.get(name)?.size, turn === undefined ? from.length : times, name);
    }
  });

  it('takes what is asked for by name, and refuses what there is not', () => {
    assert.deepEqual(namesOf('kill postgres'), ['kill postgres', 'kill worker+postgres', 'kill postgres+keyring']);
    assert.deepEqual(namesOf('clock, full redis'), ['full redis', 'clock ahead', 'clock behind']);
    assert.equal(namesOf('slow').length, lineNames.length);
    assert.equal(plan(1, choose('slow,cut'), false).length, 2 * lineNames.length);
    assert.throws(() => choose('nonsense'), { name: 'StackError', message: /--help/ });
  });
});

describe('times outside an attempt', () => {
  const [began, ended] = [Date.parse('2026-11-23T08:00:00Z'), Date.parse('2026-11-23T08:00:10Z')];
  const row = (columns: object): string => `main runs ${JSON.stringify(columns)}`;

  it('are those of what happened, by more than a moment', () => {
    assert.deepEqual(timesOutside([row({ closed_at: '2026-11-23T09:00:10+00:00', at: '2026-11-23T07:00:00+00:00' })], began, ended), [
      'main runs.closed_at is 3600 s off',
      'main runs.at is -3600 s off',
    ]);
  });

  it('are none of what lies ahead, of no time, and of what is no row', () => {
    const fine = row({ created_at: '2026-11-23T08:00:05+00:00', expires_at: '2026-11-24T08:00:00+00:00', closed_at: null });
    assert.deepEqual(timesOutside([fine, 'vault key tenant-1'], began, ended), []);
  });
});
