import assert from 'node:assert/strict';
import { type CollectionFacts, eventsOf } from '../../../domain/dunning/facts.ts';
import { type InvoiceHistory, recordEvent } from '../../../domain/dunning/history.ts';
import { day, declined, failed, mastercard, start, visa } from './support/histories.ts';

const now = start + 3 * day;
/** What is found when nothing has happened. */
const same = (history: InvoiceHistory): CollectionFacts => ({
  status: history.invoice.status,
  methods: history.methods,
  attempts: history.attempts,
  elsewhere: history.elsewhere,
  contacts: history.contacts,
  subscriptionEnded: false,
});
const after = (history: InvoiceHistory, found: Partial<CollectionFacts>) => eventsOf(history, { ...same(history), ...found }, now);

describe('domain/dunning/facts', () => {
  const history = failed();

  it('tell of nothing when nothing has happened, and of everything once', () => {
    assert.deepEqual(after(history, {}), []);
    const found: Partial<CollectionFacts> = {
      status: 'paid',
      methods: [mastercard, visa],
      attempts: [...history.attempts, declined('do_not_honor', start + day)],
      elsewhere: [declined('lost_card', start + day)],
      contacts: ['head'],
      newerInvoice: { id: 'in_2', paid: true },
      subscriptionEnded: true,
    };
    const events = after(history, found);
    assert.deepEqual(
      events.map(({ type }) => type),
      [
        'invoice-changed',
        'attempted',
        'attempted-elsewhere',
        'payment-methods-changed',
        'contacts-changed',
        'newer-invoice',
        'newer-invoice-paid',
        'subscription-ended',
      ],
    );
    assert.deepEqual(after(events.reduce(recordEvent, history), found), []);
  });

  it("date what is new by the run's clock, whatever Stripe's says", () => {
    const late = declined('do_not_honor', now + 5 * day);
    assert.deepEqual(after(history, { attempts: [...history.attempts, late] }), [{ type: 'attempted', attempt: { ...late, at: now } }]);
    const [changed] = after(history, { methods: [{ ...mastercard, since: 0 }, visa] });
    assert.deepEqual(changed, { type: 'payment-methods-changed', methods: [{ ...mastercard, since: now }, visa] });
  });

  it('take a card whose details changed for a new one', () => {
    const [changed] = after(history, { methods: [{ ...visa, revision: 'other' }] });
    assert.deepEqual(changed, { type: 'payment-methods-changed', methods: [{ ...visa, revision: 'other', since: now }] });
  });

  it('tell how a payment that was on its way has ended, at the time it was made', () => {
    const pending = { ...declined('', start + day), outcome: 'pending' as const };
    const waiting = recordEvent(history, { type: 'attempted', attempt: pending });
    assert.deepEqual(after(waiting, { attempts: waiting.attempts }), []);
    const settled = { ...pending, at: now, outcome: 'succeeded' as const };
    assert.deepEqual(after(waiting, { attempts: [...history.attempts, settled] }), [
      { type: 'attempted', attempt: { ...settled, at: pending.at } },
    ]);
  });

  it('tell of a newer invoice when it comes and when it is paid', () => {
    const known = recordEvent(history, { type: 'newer-invoice', id: 'in_2' });
    assert.deepEqual(after(known, { newerInvoice: { id: 'in_2', paid: false } }), []);
    assert.deepEqual(after(known, { newerInvoice: { id: 'in_2', paid: true } }), [{ type: 'newer-invoice-paid', id: 'in_2', at: now }]);
  });
});
