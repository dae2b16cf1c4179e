import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from './clock.ts';
import type { FaultRule, Faults } from './faults.ts';
import type { Reply, Route, SandboxRequest } from './http.ts';
import type { Ledger } from './ledger.ts';
import type { Store } from './store.ts';

/** What every sandbox stands on. */
export interface Kernel {
  readonly store: Store;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly faults: Faults;
}

/** One vendor: how it answers, and what it adds to `/_sandbox`. */
export interface Vendor {
  /**
   * `begin` is called once, where the vendor would begin to execute the request (authorised and well formed): it waits out a
   * `delay` fault, and gives the reply of a `status` fault with `stored`, which then counts as the outcome.
   */
  readonly handle: (request: SandboxRequest, begin: () => Promise<Reply | undefined>) => Promise<Reply>;
  /** `POST /v1/customers`: what it can do, as the vendor's document names it. */
  readonly operations: readonly string[];
  readonly control?: readonly Route[];
  /** Faults of the vendor's own, each told as one of the general kinds. */
  readonly faultKinds?: Readonly<Record<string, (asked: Readonly<Record<string, unknown>>) => FaultRule>>;
  readonly upgrade?: (message: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Called when the sandbox's clock was moved. */
  readonly tick?: () => void;
  /** Forgets what is not in the store: open connections, caches. */
  readonly reset?: () => void;
  readonly stop?: () => Promise<void>;
}

export type CreateVendor = (kernel: Kernel, options: SandboxOptions) => Vendor;

export interface PusherApp {
  readonly appId: string;
  readonly key: string;
  readonly secret: string;
}

/** Times are real milliseconds. */
export interface SandboxOptions {
  /** 0 or absent: any free one. */
  readonly port?: number;
  /** Absent: the state lives in memory only. */
  readonly dataDir?: string;
  /** Waits between attempts to deliver a webhook. */
  readonly webhookRetryMs?: readonly number[];
  readonly pusher?: PusherApp;
  /** Pusher: how long a channel must be empty before its webhook says so; default 3000. */
  readonly vacatedAfterMs?: number;
  /** SendGrid: how long after a mail was taken its activity can be found. */
  readonly activityLagSeconds?: number;
}
