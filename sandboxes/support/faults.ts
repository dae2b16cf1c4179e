import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Reply } from './http.ts';

export const faultKinds = [
  'delay',
  'status',
  'reset-before',
  'reset-after',
  'duplicate-webhook',
  'delay-webhook',
  'drop-webhook',
  'reorder-webhooks',
  'shuffle-webhooks',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What a caller asks for: which requests (or webhooks) go wrong, how, and how often. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** Absent: any method. */
  readonly method?: string;
  /** `*` stands for anything: `/v1/customers*`. Absent: any path. */
  readonly path?: string;
  /** Webhook kinds only: the event's type, `*` stands for anything. */
  readonly event?: string;
  /** How many requests it meets; default 1. */
  readonly times?: number;
  /** How many it lets pass first; default 0. */
  readonly skip?: number;
  readonly delayMs?: number;
  /** Of a shuffle: the same seed, the same order. */
  readonly seed?: number;
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Stripe only: the injected status counts as the request's outcome and is replayed under its idempotency key. */
  readonly stored?: boolean;
}

export interface Fault extends FaultRule {
  readonly id: string;
  left: number;
  toSkip: number;
}

interface Target {
  readonly method?: string;
  readonly path?: string;
  readonly event?: string;
}

export interface Faults {
  add(rule: FaultRule): Fault;
  list(): readonly Fault[];
  clear(): void;
  /** The fault of this kind that meets the target, spent by one; undefined when none does. */
  take(kind: FaultKind, target: Target, matches?: (fault: Fault) => boolean): Fault | undefined;
}

/** Faults live in memory: a restarted sandbox is a healthy one. */
export function createFaults(): Faults {
  let faults: Fault[] = [];
  return {
    add(rule) {
      const fault = { ...rule, id: randomUUID(), left: rule.times ?? 1, toSkip: rule.skip ?? 0 };
      faults.push(fault);
      return fault;
    },
    list: () => faults,
    clear: () => {
      faults = [];
    },
    take(kind, target, matches = () => true) {
      const fault = faults.find((one) => one.kind === kind && one.left > 0 && meets(one, target) && matches(one));
      if (!fault) return undefined;
      if (fault.toSkip > 0) {
        fault.toSkip -= 1;
        return undefined;
      }
      fault.left -= 1;
      return fault;
    },
  };
}

/** The answer a `status` fault gives in the vendor's place. */
export const faultReply = ({ status = 500, body, headers }: Fault): Reply => ({
  status,
  ...(headers ? { headers } : {}),
  body: body ?? { error: { type: 'api_error', message: 'Injected by the sandbox.' } },
});

/** Waits as long as a `delay` fault says; at once when there is none. */
export async function pause(faults: Faults, target: Target): Promise<void> {
  const fault = faults.take('delay', target);
  if (fault) await wait(fault.delayMs ?? 1000);
}

function meets({ method, path, event }: Fault, target: Target): boolean {
  return (method === undefined || method === target.method) && matchesGlob(path, target.path) && matchesGlob(event, target.event);
}

function matchesGlob(glob: string | undefined, text: string | undefined): boolean {
  if (glob === undefined) return true;
  const source = glob
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`).test(text ?? '');
}
