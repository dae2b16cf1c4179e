import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { type HttpConnection, openConnection } from '../../../bench/support/http-connection.ts';

export interface Sent {
  /** Of every attempt that was answered: from the moment it was due to the answer, ms. */
  readonly times: readonly number[];
  /** Attempts that were not accepted, by what was answered instead. */
  readonly failures: Readonly<Record<string, number>>;
  /** How long it took until the last event was accepted. */
  readonly seconds: number;
}
export interface Sending {
  readonly url: string;
  readonly secret: string;
  /** Bodies, in the order in which they are sent. */
  readonly bodies: readonly string[];
  readonly perSecond: number;
}
const mostConnections = 128;
const [firstWaitMs, longestWaitMs] = [500, 8_000];

/** Sends events as Stripe does: each at its moment, signed anew each time, and again after a while until it is accepted. */
export async function sendWebhooks({ url, secret, bodies, perSecond }: Sending): Promise<Sent> {
  const times: number[] = [];
  const failures: Record<string, number> = {};
  const connections = createConnections(url);
  const fail = (how: string): void => void (failures[how] = (failures[how] ?? 0) + 1);

  async function attempt(body: string, dueAt: number): Promise<boolean> {
    try {
      const status = await connections.ask(signed(body, secret));
      times.push(performance.now() - dueAt);
      if (status === 200) return true;
      fail(String(status));
    } catch {
      fail('no answer');
    }
    return false;
  }
  async function deliver(body: string, dueAt: number): Promise<void> {
    for (let [due, waitMs] = [dueAt, firstWaitMs]; !(await attempt(body, due)); waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      await pause(waitMs);
      due = performance.now();
    }
  }

  const began = performance.now();
  const delivering: Promise<void>[] = [];
  for (const [at, body] of bodies.entries()) {
    const dueAt = began + (at / perSecond) * 1_000;
    if (dueAt > performance.now()) await pause(dueAt - performance.now());
    delivering.push(deliver(body, dueAt));
  }
  await Promise.all(delivering);
  connections.close();
  return { times, failures, seconds: (performance.now() - began) / 1_000 };
}

function signed(payload: string, secret: string): string {
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
  const lines = ['POST /webhooks/stripe HTTP/1.1', 'host: api', 'content-type: application/json', `stripe-signature: ${signature}`];
  return `${lines.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`;
}

/** Connections that are lent one request at a time; one that was cut is not lent again. */
function createConnections(url: string) {
  const idle: HttpConnection[] = [];
  const waiting: (() => void)[] = [];
  const lent = { count: 0 };
  return {
    async ask(request: string): Promise<number> {
      while (lent.count >= mostConnections) await new Promise<void>((resolve) => void waiting.push(resolve));
      lent.count += 1;
      let connection = idle.pop();

      try {
        connection ??= await openConnection(url);
        const status = await connection.ask(request);
        idle.push(connection);
        return status;
      } catch (error) {
        connection?.close();
        throw error;
      } finally {
        lent.count -= 1;
        waiting.shift()?.();
      }
    },
    close(): void {
      for (const connection of idle) connection.close();
    },
  };
}
