import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { day } from '../../domain/dunning/instant.ts';
import type { Progress } from '../../domain/run.ts';
import type { Told } from '../../workflows/collect-payment.messages.ts';
import { travelOn } from '../support/time-travel.ts';
import { until } from '../support/until.ts';
import { type Owing, useCollecting, viewOf } from './support/collecting.ts';
import { progressUntil } from './support/world.ts';

const forever = 'pm_card_toolbox_insufficient_funds';

describe('workflows/collect-payment, in real time', function () {
  this.timeout(60_000);
  const collecting = useCollecting({ timeTravel: false });
  const tell = (handle: WorkflowHandle, name: string, body: object = {}): Promise<Told> =>
    handle.executeUpdate<Told, [object]>(name, { args: [body] });
  const refusalOf = async (handle: WorkflowHandle, name: string, body: object = {}): Promise<string> => {
    const error: unknown = await tell(handle, name, body).then(
      () => assert.fail('It was to be refused.'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof WorkflowUpdateFailedError, 'it is refused as an update');
    return error.cause?.message ?? '';
  };
  const detailOf = ({ steps }: Progress): string => steps.find(({ name }) => name === 'collect')?.detail ?? '';
  const isWaiting = (progress: Progress): boolean => detailOf(progress).startsWith('The next');
  /** A run that has mailed and waits for its first retry. */
  async function waiting(owing: Owing) {
    const handle = await collecting.start(owing);
    await progressUntil(handle, isWaiting);
    return handle;
  }

  it('says what it waits for, which messages it takes, what it decided and what comes', async () => {
    const handle = await waiting(await collecting.owing({ cards: [forever] }));
    const progress = await handle.query<Progress>('progress');
    assert.match(detailOf(progress), /^The next attempt is on .*24 hours after its first decline/);
    assert.deepEqual(progress.takes, ['pause', 'resume', 'retry-now', 'exempt', 'forgive']);
    const { decisions, outlook } = await viewOf(handle);
    assert.deepEqual(
      decisions.map(({ action }) => action),
      ['mail', 'wait'],
    );
    assert.deepEqual([outlook[0]?.action, outlook.at(-1)?.action], ['charge', 'end']);
    assert.ok(outlook.length <= 40, `${outlook.length} steps`);
    await handle.terminate();
  });

  it('pauses, refuses in words what cannot be, and goes on when told', async () => {
    const handle = await waiting(await collecting.owing({ cards: [forever] }));
    assert.match(await refusalOf(handle, 'resume'), /not paused/);
    assert.match(await refusalOf(handle, 'pause', { until: '2020-01-01T00:00:00Z' }), /ends in the future/);
    const pausedUntil = new Date(Date.now() + 3 * day).toISOString();
    assert.deepEqual((await tell(handle, 'pause', { until: pausedUntil })).rule, 'paused');
    assert.match(await refusalOf(handle, 'retry-now'), /paused: resume it first/);
    assert.deepEqual((await tell(handle, 'resume')).rule, 'retry-schedule');
    await handle.terminate();
  });

  it('tries at once when told, and ends when that pays', async () => {
    const owing = await collecting.owing({ cards: [`${forever}_then_ok_1`] });
    const handle = await waiting(owing);
    assert.deepEqual((await tell(handle, 'retry-now')).action, 'charge');
    assert.equal((await handle.result()).outcome, 'paid');
    assert.deepEqual(await collecting.charges(), [`charge:${owing.invoiceId}:2`]);
  });

  it('does not try now what the bank forbids', async () => {
    const owing = await collecting.owing({ cards: ['pm_card_toolbox_stolen_card'] });
    const handle = await collecting.start(owing);
    await progressUntil(handle, (progress) => detailOf(progress) !== '');
    assert.match(await refusalOf(handle, 'retry-now'), /cannot be charged now/);
    await handle.terminate();
  });

  it('refuses another attempt while one is under way', async () => {
    const owing = await collecting.owing({ cards: [`${forever}_then_ok_1`] });
    const handle = await waiting(owing);
    let refusal = '';
    collecting.around = async (name, act) => {
      if (name === 'charge') refusal = await refusalOf(handle, 'retry-now');
      return act();
    };
    await tell(handle, 'retry-now');
    assert.equal((await handle.result()).outcome, 'paid');
    assert.match(refusal, /under way/);
  });

  it('lets staff exempt an invoice, and forgive one: that is written off', async () => {
    for (const [message, outcome, status] of [
      ['exempt', 'exempt', 'open'],
      ['forgive', 'forgiven', 'uncollectible'],
    ] as const) {
      const owing = await collecting.owing({ cards: [forever] });
      const handle = await waiting(owing);
      await tell(handle, message);
      assert.equal((await handle.result()).outcome, outcome);
      assert.equal((await collecting.stripeClient.invoices.retrieve(owing.stripeInvoiceId)).status, status);
    }
  });

  it('stops at once when it hears that the invoice was paid, and takes no news for what it is not', async () => {
    const owing = await collecting.owing({ cards: [forever] });
    const handle = await waiting(owing);
    await collecting.tell(owing, handle);
    await until(async () => (await activitiesOf(handle)).includes('readCollection'));
    assert.equal((await viewOf(handle)).decisions.length, 2);
    await collecting.stripeClient.invoices.pay(owing.stripeInvoiceId, { paid_out_of_band: true });
    await collecting.tell(owing, handle);
    assert.equal((await handle.result()).outcome, 'paid');
  });

  it('writes to the next contact when it hears of a bounce', async () => {
    const owing = await collecting.owing({ cards: [forever], contacts: ['gone@bounce.example', 'head@lincoln.example'] });
    const handle = await waiting(owing);
    await handle.signal('mail-bounced');
    await until(async () => (await collecting.mails()).length === 2);
    assert.deepEqual(
      (await collecting.mails()).map(({ to }) => to),
      ['gone@bounce.example', 'head@lincoln.example'],
    );
    await handle.terminate();
  });

  it('mails and charges nothing twice when a second run goes over the same invoice', async () => {
    const owing = await collecting.owing({ cards: [`${forever}_then_ok_2`] });
    const first = await waiting(owing);
    await tell(first, 'retry-now');
    await until(async () => (await collecting.charges()).length === 1);
    await progressUntil(first, isWaiting);
    await first.terminate();
    const second = await waiting(owing);
    await travelOn(second);
    assert.deepEqual([(await second.result()).outcome, (await second.result()).attempts], ['paid', 3]);
    assert.deepEqual(
      await collecting.charges(),
      [2, 3].map((attempt) => `charge:${owing.invoiceId}:${attempt}`),
    );
    assert.equal((await collecting.mails()).length, 1);
  });

  it('goes on in a history of its own with all it knew', async () => {
    const owing = await collecting.owing({ cards: [`${forever}_then_ok_1`] });
    const begun = await collecting.begin(owing);
    const mails = [{ step: 'notice', contact: owing.contacts[0] ?? '', at: Date.now() }];
    const handle = await collecting.start(owing, { ...begun, history: { ...begun.history, mails }, decisions: [], unchecked: mails });
    const { steps } = await progressUntil(handle, isWaiting);
    assert.equal(steps[0]?.state, 'skipped');
    await tell(handle, 'retry-now');
    assert.deepEqual([(await handle.result()).outcome, (await handle.result()).mails, (await collecting.mails()).length], ['paid', 1, 0]);
  });
});

async function activitiesOf(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: asked }) => asked?.activityType?.name ?? []);
}
