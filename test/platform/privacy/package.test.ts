import assert from 'node:assert/strict';
import { createStorage } from '../../../platform/storage.ts';
import { newId } from '../../../platform/ids.ts';
import { indexPage } from '../../../platform/privacy/package/page.ts';
import { count, createTally } from '../../../platform/privacy/package/tally.ts';
import { newPassphrase } from '../../../platform/privacy/package/seal.ts';
import { isAgeRecipient } from '../../../domain/privacy/age-recipient.ts';
import { roster } from '../../../platform/privacy/collect/roster.ts';
import { makeLargePackage } from '../../exercise/support/large-package.ts';
import { servers } from '../../support/servers.ts';
import { generateIdentity, identityToRecipient } from 'age-encryption';

describe('platform/privacy/package', function () {
  this.timeout(120_000);

  it('is made and stored without being held in memory', async () => {
    const storage = createStorage(servers().s3);
    const bucket = `test-export-${newId()}`;
    try {
      const [small, large] = [8e6, 120e6];
      await makeLargePackage(storage, bucket, { bytes: small, formats: ['json'] });
      const made = await makeLargePackage(storage, bucket, { bytes: large, formats: ['json'] });
      assert.equal(made.records, large / 1_000);
      assert.ok(made.intact);
      assert.ok(made.storedBytes > large / 4, `${made.storedBytes}`);
      assert.ok(made.grownBytes < large * 0.8, `${Math.round(made.grownBytes / 1e6)} MB more for ${large / 1e6} MB`);
    } finally {
      await storage.removeBucket(bucket);
    }
  });

  it('has a page on which nothing of a record is markup, with dates as the person reads them', () => {
    const [kind] = roster.kinds;
    assert.ok(kind);
    const tally = createTally();
    const own = tally.begin(kind.name);
    for (let n = 0; n < 60; n++)
      count(own, { classId: 'c', title: `<script>alert(${n})</script>`, unit: '[redacted]', createdAt: '2026-03-01T12:30:00.000Z' });
    const reader = { locale: 'de', timeZone: 'Europe/Berlin', schoolName: 'A & <B>' };
    const page = indexPage({ kinds: [kind], formats: ['json', 'csv'], tally, asOf: new Date(0), reader });
    assert.equal(/<script/.test(page), false);
    for (const part of ['A &amp; &lt;B&gt;', '1. März 2026 um 13:30', 'The first 50 of 60', '60 values of others', 'data/classes.csv'])
      assert.ok(page.includes(part), part);
  });

  it('is sealed to keys that are keys: a slip in one is found', async () => {
    for (let n = 0; n < 20; n++) {
      const key = await identityToRecipient(await generateIdentity());
      assert.ok(isAgeRecipient(key));
      for (let at = 4; at < key.length; at += 7) {
        const slip = key.slice(0, at) + (key[at] === 'q' ? 'p' : 'q') + key.slice(at + 1);
        assert.equal(isAgeRecipient(slip), false, slip);
      }
    }
    for (const none of ['', 'age1', 'AGE-SECRET-KEY-1QQ', 'age1pq1xyz', 'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw'])
      assert.equal(isAgeRecipient(none), false);
    assert.ok(isAgeRecipient('age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj'));
  });

  it('is sealed to passphrases that nobody guesses', () => {
    const many = new Set(Array.from({ length: 1_000 }, newPassphrase));
    assert.equal(many.size, 1_000);
    for (const one of many) assert.match(one, /^(?:[a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/);
  });
});
