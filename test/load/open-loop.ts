import { type HttpConnection, openConnection } from '../../bench/support/http-connection.ts';
import { rounded } from '../../bench/support/compare.ts';

export interface Planned {
  readonly kind: string;
  readonly text: string;
  readonly expected: readonly number[];
  done?(status: number): void;
}
export interface Load {
  readonly url: string;
  readonly rate: number;
  readonly seconds: number;
  readonly next: (at: number) => Planned;
}
export interface Offered {
  readonly rate: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  readonly errorsByKind: Readonly<Record<string, number>>;
}

const maxConnections = 256;
/** Nobody waits longer: what is still unanswered then is an error. */
const graceMs = 10_000;

/**
 * Offers requests at a rate, each at its moment, however long those before it take. A request's time counts from the moment it was due:
 * what waits for a free connection waits as its user would.
 */
export async function offer({ url, rate, seconds, next }: Load): Promise<Offered> {
  const total = Math.round(rate * seconds);
  const times: number[] = [];
  const failures: Record<string, number> = {};
  const idle: HttpConnection[] = [];
  const all = new Set<HttpConnection>();
  const due: { at: number; request: Planned }[] = [];
  const began = performance.now();
  const fail = (kind: string): void => void (failures[kind] = (failures[kind] ?? 0) + 1);

  async function ask(connection: HttpConnection, { at, request }: { at: number; request: Planned }): Promise<boolean> {
    try {
      const status = await connection.ask(request.text);
      request.done?.(status);
      if (request.expected.includes(status)) times.push(performance.now() - at);
      else fail(`${request.kind} ${status}`);
      return true;
    } catch {
      fail(`${request.kind} cut off`);
      return false;
    }
  }
  async function work(given: HttpConnection | undefined): Promise<void> {
    let connection = given;
    for (let job = due.shift(); job; job = due.shift()) {
      connection ??= await openConnection(url);
      all.add(connection);
      if (!(await ask(connection, job))) connection = undefined;
    }
    if (connection) idle.push(connection);
  }

  let opened = 0;
  const workers: Promise<void>[] = [];
  for (let sent = 0; sent < total;) {
    const until = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * rate) + 1);
    for (; sent < until; sent += 1) {
      due.push({ at: began + (sent / rate) * 1_000, request: next(sent) });
      const free = idle.pop();
      if (free) workers.push(work(free));
      else if (opened < maxConnections) {
        opened += 1;
        workers.push(work(undefined));
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const offeredFor = (performance.now() - began) / 1_000;
  await Promise.race([Promise.all(workers), new Promise((resolve) => setTimeout(resolve, graceMs))]);
  const answeredIn = (performance.now() - began) / 1_000;
  const missing = total - times.length - Object.values(failures).reduce((sum, count) => sum + count, 0);
  if (missing > 0) failures['unanswered'] = missing;
  for (const connection of all) connection.close();
  return summary(times, { rate, seconds: rounded(offeredFor), failures, answeredIn });
}

function summary(
  times: number[],
  { rate, seconds, failures, answeredIn }: { rate: number; seconds: number; failures: Record<string, number>; answeredIn: number },
): Offered {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.POSITIVE_INFINITY);
  const errors = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const perSecond = rounded(times.length / answeredIn);
  return { rate, seconds, perSecond, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), errors, errorsByKind: { ...failures } };
}
