import type { Kernel } from './kernel.ts';
import { faultKinds } from './faults.ts';
import type { FaultRule } from './faults.ts';
import { jsonBody } from './http.ts';
import type { Reply, Route } from './http.ts';

const ok = (body: unknown): Reply => ({ status: 200, body });
const bad = (message: string): Reply => ({ status: 400, body: { error: message } });

/** `/_sandbox`: what a test, the demo or an operator may ask of any sandbox. */
export function controlRoutes(vendor: string, { store, clock, ledger, faults }: Kernel, reset: () => void): Route[] {
  return [
    { method: 'GET', path: '/_sandbox/health', handle: () => ok({ vendor, status: 'ok', ...clock.read() }) },
    {
      method: 'POST',
      path: '/_sandbox/reset',
      handle: () => {
        store.clear();
        faults.clear();
        reset();
        return { status: 204 };
      },
    },
    { method: 'GET', path: '/_sandbox/clock', handle: () => ok(clock.read()) },
    {
      method: 'POST',
      path: '/_sandbox/clock',
      handle: (request) => {
        const to = jsonBody(request) as { now?: string; advanceSeconds?: number; freeze?: boolean };
        if (to.now !== undefined && Number.isNaN(Date.parse(to.now))) return bad('now is not a date');
        clock.move(to);
        return ok(clock.read());
      },
    },
    { method: 'GET', path: '/_sandbox/ledger', handle: () => ok({ effects: ledger.list() }) },
    { method: 'GET', path: '/_sandbox/faults', handle: () => ok({ faults: faults.list() }) },
    {
      method: 'POST',
      path: '/_sandbox/faults',
      handle: (request) => {
        const rule = jsonBody(request) as FaultRule;
        if (!faultKinds.includes(rule.kind)) return bad(`kind is one of ${faultKinds.join(', ')}`);
        return { status: 201, body: faults.add(rule) };
      },
    },
    {
      method: 'DELETE',
      path: '/_sandbox/faults',
      handle: () => {
        faults.clear();
        return { status: 204 };
      },
    },
  ];
}
