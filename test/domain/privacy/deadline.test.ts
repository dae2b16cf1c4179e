import assert from 'node:assert/strict';
import fc from 'fast-check';
import { deadlineOf, type Law, laws } from '../../../domain/privacy/deadline.ts';

const due = (law: Law, received: string): string => new Date(deadlineOf(law, Date.parse(received)).dueAt).toISOString();
const dayMs = 86_400_000;

describe('domain/privacy/deadline', () => {
  it('gives the GDPR a calendar month, which ends with the month when it is too short', () => {
    assert.equal(due('gdpr', '2026-03-15T10:00:00Z'), '2026-04-15T10:00:00.000Z');
    assert.equal(due('gdpr', '2026-01-31T23:59:59Z'), '2026-02-28T23:59:59.000Z');
    assert.equal(due('gdpr', '2028-01-31T00:00:00Z'), '2028-02-29T00:00:00.000Z');
    assert.equal(due('gdpr', '2026-12-31T12:00:00Z'), '2027-01-31T12:00:00.000Z');
  });

  it('gives the CPRA 45 days', () => {
    assert.equal(due('ccpa', '2026-11-27T20:00:00Z'), '2027-01-11T20:00:00.000Z');
  });

  it('escalates while a week of it is left, whenever the request came', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
        fc.constantFrom(...laws),
        (at, law) => {
          const { dueAt, escalateAt } = deadlineOf(law, at.getTime());
          assert.ok(dueAt - escalateAt >= 7 * dayMs && escalateAt - at.getTime() >= 20 * dayMs);
          assert.ok(dueAt - at.getTime() <= 45 * dayMs && dueAt - at.getTime() >= 28 * dayMs);
        },
      ),
    );
  });
});
