import type { Kernel, Vendor } from './kernel.ts';
import { faultKinds } from './faults.ts';
import type { FaultRule } from './faults.ts';
import { jsonBody, route } from './http.ts';
import type { Reply, Route } from './http.ts';

const ok = (body: unknown): Reply => ({ status: 200, body });
const bad = (message: string): Reply => ({ status: 400, body: { error: message } });

/** `/_sandbox`: what a test, the demo or an operator may ask of any sandbox. */
export function controlRoutes(
  name: string,
  { store, clock, ledger, faults }: Kernel,
  { operations, reset, tick, faultKinds: own = {} }: Vendor,
): Route[] {
  return [
    route('GET /_sandbox/health', () => ok({ vendor: name, status: 'ok', ...clock.read() })),
    route('POST /_sandbox/reset', () => {
      store.clear();
      faults.clear();
      reset?.();
      return { status: 204 };
    }),
    route('GET /_sandbox/clock', () => ok(clock.read())),
    route('POST /_sandbox/clock', (request) => {
      const to = jsonBody(request) as { now?: string; advanceSeconds?: number; freeze?: boolean };
      if (to.now !== undefined && Number.isNaN(Date.parse(to.now))) return bad('now is not a date');
      clock.move(to);
      tick?.();
      return ok(clock.read());
    }),
    route('GET /_sandbox/operations', () => ok({ operations })),
    route('GET /_sandbox/ledger', () => ok({ effects: ledger.list() })),
    route('GET /_sandbox/faults', () => ok({ faults: faults.list() })),
    route('POST /_sandbox/faults', (request) => {
      const asked = jsonBody(request) as FaultRule;
      const rule = own[asked.kind]?.({ ...asked }) ?? asked;
      if (!faultKinds.includes(rule.kind)) return bad(`kind is one of ${[...faultKinds, ...Object.keys(own)].join(', ')}`);
      return { status: 201, body: faults.add(rule) };
    }),
    route('DELETE /_sandbox/faults', () => {
      faults.clear();
      return { status: 204 };
    }),
  ];
}
