import { decide } from '../../../../domain/dunning/decide.ts';
import { type DunningEvent, type InvoiceHistory, recordEvent } from '../../../../domain/dunning/history.ts';
import { defaultPolicy as policy, type DunningPolicy } from '../../../../domain/dunning/policy.ts';
import { start } from './histories.ts';

export const at = (text: string): number => Date.parse(`2026-03-${text}:00Z`);
export const after = (history: InvoiceHistory, ...events: DunningEvent[]): InvoiceHistory => events.reduce(recordEvent, history);
export const next = (history: InvoiceHistory, now: number, event?: DunningEvent, by: DunningPolicy = policy) =>
  decide(by, history, event, now);
export const mailed = (step: string, contact = 'billing', when = start): DunningEvent => ({ type: 'mail-sent', step, contact, at: when });
/** Told once, so that what comes next is about money. */
export const told = (history: InvoiceHistory): InvoiceHistory =>
  after(history, ...['notice', 'card-needed', 'authenticate', 'reminder', 'warning', 'card-needed-reminder'].map((step) => mailed(step)));
