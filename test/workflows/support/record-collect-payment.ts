import type { WorkflowHandle } from '@temporalio/client';
import { useCollecting } from './collecting.ts';
import { setDefault } from './failed-invoice.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';

const forever = 'pm_card_toolbox_insufficient_funds';

/** `npm run record-history` records the ways of collect-payment that have no history. */
describe('histories of collect-payment', () => {
  const collecting = useCollecting();
  /** Runs to its end; `midway` is called once, in the activity that is named, before it acts. */
  const way =
    (
      cards: readonly string[],
      at = '',
      midway: (handle: WorkflowHandle, customerId: string) => Promise<unknown> = async () => undefined,
    ): Way =>
    async (keep) => {
      const owing = await collecting.owing({ cards, contacts: ['gone@bounce.example', 'head@lincoln.example'] });
      const started = createGate<WorkflowHandle>();
      let done = false;
      collecting.around = async (name, act) => {
        if (name === at && !done) {
          done = true;
          await midway(await started.opened, owing.customerId);
        }
        return act();
      };
      const handle = await collecting.start(owing);
      started.open(handle);
      await handle.result().catch(() => failureOf(handle));
      await keep(handle);
    };
  const newCard = async (handle: WorkflowHandle, customer: string): Promise<void> => {
    const { id } = await collecting.stripeClient.paymentMethods.attach('pm_card_visa', { customer });
    await setDefault(collecting.stripeClient, customer, id);
    await handle.signal('billing-moved');
  };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'collect-payment.2026-11.completed': way([`${forever}_then_ok_3`]),
    'collect-payment.2026-11.completed-written-off': way([forever]),
    'collect-payment.2026-11.completed-with-new-card': way(['pm_card_toolbox_lost_card'], 'findBounces', newCard),
    'collect-payment.2026-11.completed-paused-and-restored': way([`${forever}_then_ok_7`], 'changeAccess', (handle) =>
      handle.executeUpdate('pause', { args: [{}] }),
    ),
    'collect-payment.2026-11.completed-forgiven': way([forever], 'sendDunningMail', (handle) =>
      handle.executeUpdate('forgive', { args: [{}] }),
    ),
    'collect-payment.2026-11.cancelled': way([forever], 'sendDunningMail', cancelAndHear),
  };
  recordMissing(ways);
}).timeout(60_000);
