import type { Fault, FaultRule } from './faults.ts';
import type { Effect } from './ledger.ts';

/** A fault of a kind that only this vendor has, as its README tells. */
export interface VendorFault extends Omit<FaultRule, 'kind'> {
  readonly kind: 'rate-limit' | 'lock-timeout';
  readonly reason?: string;
}

/** The control side of a running sandbox, wherever it runs. */
export interface Control {
  health(): Promise<{ vendor: string; status: string; now: string; frozen: boolean }>;
  reset(): Promise<void>;
  clock(to?: { now?: string; advanceSeconds?: number; freeze?: boolean }): Promise<{ now: string; frozen: boolean }>;
  ledger(): Promise<readonly Effect[]>;
  /** Of a general kind, or of one of the vendor's own. */
  addFault(rule: FaultRule | VendorFault): Promise<Fault>;
  faults(): Promise<readonly Fault[]>;
  clearFaults(): Promise<void>;
  /** Any other control route of the vendor. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** @param url the sandbox's base URL, without `/_sandbox`. Calls reject with the status and the answer when refused. */
export function connectControl(url: string): Control {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(new URL(`/_sandbox${path}`, url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /_sandbox${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  return {
    health: () => call('GET', '/health'),
    reset: () => call('POST', '/reset'),
    clock: (to) => (to ? call('POST', '/clock', to) : call('GET', '/clock')),
    ledger: async () => (await call<{ effects: Effect[] }>('GET', '/ledger')).effects,
    addFault: (rule) => call('POST', '/faults', rule),
    faults: async () => (await call<{ faults: Fault[] }>('GET', '/faults')).faults,
    clearFaults: () => call('DELETE', '/faults'),
    call,
  };
}
