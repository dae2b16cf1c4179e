import type { Clock } from '../support/clock.ts';
import type { Ledger } from '../support/ledger.ts';
import type { Collection, Store } from '../support/store.ts';
import type { Message } from './mail.ts';
import type { Suppressions } from './suppressions.ts';

export interface SendgridContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly messages: Collection<Message>;
  readonly suppressions: Suppressions;
  /** Queues the event webhook for what became of these messages. */
  readonly tellOf: (messages: readonly Message[]) => void;
  readonly activityLagSeconds: number;
}
