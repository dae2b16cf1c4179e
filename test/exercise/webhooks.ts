import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { rounded } from '../../bench/support/compare.ts';
import { writeLatest } from '../../bench/support/latest.ts';
import { machineFacts } from '../../bench/support/machine.ts';
import { startOwnStack } from '../support/own-stack.ts';
import { until } from '../support/until.ts';
import { makeStripeWorld, newEventId, type StripeWorld } from './support/stripe-world.ts';
import { sendWebhooks } from './support/webhook-sender.ts';

/*
 * `npm run exercise:webhooks`: a minute of 500 signed events a second, a tenth of them twice and in no order, while the API is killed three
 * times and started again, and what events name goes on changing. Every event is in the database once, all are dealt with and the mirror
 * says what Stripe's stand-in says within five minutes, and an answer takes no longer than half a second. A platform of its own; what it
 * finds goes into bench/latest.json. `-- --rate 100 --seconds 10`: less of it; `--keep`: nothing is written.
 */
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    schools: { type: 'string', default: '100' },
    owing: { type: 'string', default: '20' },
    kills: { type: 'string', default: '3' },
    keep: { type: 'boolean', default: false },
  },
});
const [rate, seconds, schools, owing, kills] = [values.rate, values.seconds, values.schools, values.owing, values.kills].map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const [targetMs, drainedWithinSeconds, twice] = [500, 300, 0.1];
const secret = 'whsec_exercise';

/** Events about what there is, a tenth of them twice, in no order. */
function plan({ named }: StripeWorld): { ids: string[]; bodies: string[] } {
  const total = rate * seconds;
  const ids = Array.from({ length: Math.round(total * (1 - twice)) }, newEventId);
  const bodies = ids.map((id, at) => {
    const { type, object } = named[at % named.length] ?? { type: 'invoice.updated', object: {} };
    return JSON.stringify({ id, object: 'event', type, created: Math.floor(Date.now() / 1_000), livemode: false, data: { object } });
  });
  return { ids, bodies: shuffled([...bodies, ...bodies.slice(0, total - bodies.length)]) };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Kills the API a few times while `sending`, evenly over its time; the stack starts it again. */
async function killApi(pid: () => number | undefined, sending: Promise<unknown>): Promise<number> {
  const state = { over: false };
  const ended = sending.finally(() => (state.over = true));
  let killed = 0;
  for (let round = 1; round <= kills; round += 1) {
    await Promise.race([pause((seconds * 1_000) / (kills + 1)), ended]);
    const victim = pid();
    if (state.over || victim === undefined) break;
    process.kill(victim, 'SIGKILL');
    killed += 1;
    await until(() => pid() !== undefined && pid() !== victim, 60_000);
  }
  return killed;
}

/** What Stripe's stand-in is told to change, as long as it goes on. */
async function keepChanging({ change }: StripeWorld, sending: Promise<unknown>): Promise<void> {
  const state = { over: false };
  const ended = sending.finally(() => (state.over = true));
  while (!state.over) {
    await change();
    await Promise.race([pause(1_000), ended]);
  }
}

/** How long after the last event nothing was left to do, in seconds; the limit when something was. */
async function drained(world: StripeWorld): Promise<number> {
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 1_000;
  while (passed() < drainedWithinSeconds) {
    if ((await world.counts()).stored === 0 && (await world.differences()).length === 0) break;
    await pause(500);
  }
  return passed();
}

async function main(): Promise<void> {
  const machine = machineFacts();
  const own = await startOwnStack({ STRIPE_WEBHOOK_SECRET: secret });
  const world = await makeStripeWorld(own.description, { schools, owing });
  try {
    const { ids, bodies } = plan(world);
    const sending = sendWebhooks({ url: own.description.api.url, secret, bodies, perSecond: rate });
    const [sent, killed] = await Promise.all([sending, killApi(() => own.pidOf('api'), sending), keepChanging(world, sending)]);
    const drainedSeconds = await drained(world);
    const [accounted, left, counts] = [await world.accountedFor(ids), await world.differences(), await world.counts()];
    const sorted = sent.times.toSorted((a, b) => a - b);
    const at = (share: number): number => rounded(sorted[Math.floor(sorted.length * share)] ?? Number.POSITIVE_INFINITY);
    const figures = {
      machine,
      what: `${rate} signed events a second for ${seconds} s, a tenth of them twice, the API killed ${killed} times meanwhile`,
      events: { sent: bodies.length, distinct: ids.length, accountedFor: accounted, stored: counts.all },
      answers: { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), failures: sent.failures },
      counted:
        'every answer, from the moment the attempt was due; an attempt that a killed API left without one is among the failures, is made again after a while as Stripe does, and counts anew from then',
      sentSeconds: rounded(sent.seconds),
      drainedSeconds: rounded(drainedSeconds),
      differences: left.length,
      target: { p99Ms: targetMs, drainedSeconds: drainedWithinSeconds },
      met: accounted === ids.length && left.length === 0 && counts.stored === 0 && at(0.99) < targetMs && killed === kills,
    };
    console.log(JSON.stringify(figures, null, 2));
    for (const line of left.slice(0, 10)) console.log(`The mirror lacks: ${line}`);
    if (!values.keep) writeLatest('webhooks', figures);
    process.exitCode = figures.met ? 0 : 1;
  } finally {
    await world.close();
    await own.stop();
  }
}

await main();
