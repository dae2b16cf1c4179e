import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import type { ExportMade } from '../../activities/privacy-exports.ts';
import { UndecipherableError } from '../../domain/errors.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { AuditEntry } from '../../platform/models/audit-entry.ts';
import { PrivacyExport } from '../../platform/models/privacy-export.ts';
import { type Collector, recordKind } from '../../platform/privacy/collector.ts';
import { misfits, openPackage } from '../support/opened-package.ts';
import { openedHistory } from '../support/opened-history.ts';
import type { School } from '../support/school.ts';
import { useExporting } from './support/exporting.ts';
import { createGate } from './support/recording.ts';
import { cancelAndHear, failureOf, stepsOf } from './support/runs.ts';
import { untilCancelled } from './support/world.ts';

describe('workflows/export-subject', function () {
  this.timeout(60_000);
  const exporting = useExporting();
  let school: School;
  let identity: string;
  let key: string;
  before(async () => {
    school = await exporting.makeSchool();
    identity = await generateIdentity();
    key = await identityToRecipient(identity);
  });
  const personOf = (role: string): string => school.members[role]?.personId ?? '';
  const request = (role: string) => ({ personId: personOf(role), recipient: { kind: 'public-key' as const, key } });
  const rowOf = (id: string): Promise<PrivacyExport | undefined> =>
    inTenant(exporting.engine.databases.main, school.id, async (trx) => PrivacyExport.query(trx).findOne({ tenant_id: school.id, id }));
  const objects = (): Promise<string[]> => exporting.storage.list(bucketOf(school.id), 'exports/');
  const made = async (handle: WorkflowHandle): Promise<ExportMade> => (await handle.result()) as ExportMade;

  it('makes a package that its person’s key opens, complete and as its manifest says', async () => {
    const run = exporting.runOf(school.id);
    const result = await exporting.run(run, request('student'), async (handle) => {
      const told = await made(handle);
      assert.deepEqual(await stepsOf(handle), { 'check-subject': 'done', 'make-package': 'done' });
      const { events } = await openedHistory(handle);
      assert.equal(JSON.stringify(events).includes('student of'), false);
      return told;
    });
    assert.equal(result.exportId, run.runId);
    const sealed = await exporting.stored(school.id, run.runId);
    assert.deepEqual([result.sizeBytes, result.sha256], [sealed.length, createHash('sha256').update(sealed).digest('hex')]);
    assert.ok(sealed.toString('latin1').startsWith('age-encryption.org/v1\n'));
    const opened = await openPackage(sealed, { identity });
    assert.deepEqual(misfits(opened), []);
    assert.equal(opened.manifest.personId, personOf('student'));
    assert.equal(opened.manifest.records, result.records);
    const [self] = opened.records('person');
    assert.deepEqual([self?.['displayName'], self?.['email']], [`student of ${school.slug}`, `student@${school.slug}.example`]);
    assert.equal(opened.records('account')[0]?.['login'], school.members['student']?.login);
    assert.equal(opened.records('sign-ins').length, 1);
    assert.deepEqual(
      opened.records('classes').map(({ title, role }) => [title, role]),
      [['Algebra', 'student']],
    );
    assert.deepEqual(
      opened.records('family').map(({ youAre, relationship, other }) => [youAre, relationship, other]),
      [['child', 'parent', '[redacted]']],
    );
    assert.equal(opened.manifest.kinds.find(({ name }) => name === 'family')?.redactions, 1);
  });

  it('names nobody else in any of its files', async () => {
    const run = exporting.runOf(school.id);
    await exporting.run(run, request('teacher'), made);
    const { files } = await openPackage(await exporting.stored(school.id, run.runId), { identity });
    const all = [...files].map(([path, content]) => `${path}\n${content.toString()}`).join('\n');
    const others = Object.values(school.members).filter(({ role }) => role !== 'teacher');
    for (const { role, personId, accountId, login } of others) {
      assert.ok(all.includes(`teacher of ${school.slug}`));
      for (const theirs of [`${role} of ${school.slug}`, login, accountId, personId ?? login])
        assert.equal(all.includes(theirs), false, `${role}: ${theirs}`);
    }
  });

  it('is opened by no other key', async () => {
    const run = exporting.runOf(school.id);
    await exporting.run(run, request('student'), made);
    const sealed = await exporting.stored(school.id, run.runId);
    await assert.rejects(openPackage(sealed, { identity: await generateIdentity() }), /no identity matched/);
    await assert.rejects(openPackage(sealed, { passphrase: 'correct-horse' }), /no identity matched/);
    sealed[sealed.length - 100] = (sealed[sealed.length - 100] ?? 0) ^ 1;
    await assert.rejects(openPackage(sealed, { identity }));
  });

  it('is sealed to a passphrase that no history and no row has in clear, and that is shown once', async () => {
    const run = exporting.runOf(school.id);
    const by = { actorId: newId(), requestId: newId() };
    const ref = { tenantId: school.id, id: run.runId };
    const history = await exporting.run(run, { personId: personOf('guardian'), recipient: { kind: 'passphrase' } }, async (handle) => {
      await handle.result();
      return JSON.stringify(await openedHistory(handle));
    });
    const passphrase = await exporting.desk().revealPassphrase(ref, by);
    assert.match(passphrase, /^(?:[a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    assert.equal(history.includes(passphrase), false);
    const opened = await openPackage(await exporting.stored(school.id, run.runId), { passphrase });
    assert.deepEqual(misfits(opened), []);
    await assert.rejects(exporting.desk().revealPassphrase(ref, by), { code: 'passphrase-shown' });
    const row = await rowOf(run.runId);
    assert.deepEqual([row?.passphrase, row?.passphrase_shown_at !== null], [null, true]);
  });

  it('refuses a person of another school, one who never was, and one whose key is gone', async () => {
    const other = await exporting.makeSchool();
    const gone = other.members['student']?.personId ?? '';
    await exporting.engine.keyring.destroySubjectKeys(other.id, [gone]);
    for (const [tenantId, personId, code] of [
      [school.id, gone, 'not-found'],
      [school.id, newId(), 'not-found'],
      [other.id, gone, 'key-destroyed'],
    ] as const) {
      const run = exporting.runOf(tenantId);
      const failure = await exporting.run(run, { ...request('student'), personId }, failureOf);
      assert.equal((failure as { type?: string }).type, code);
      assert.deepEqual(await exporting.storage.list(bucketOf(tenantId), `exports/${run.runId}`), []);
    }
  });

  it('leaves no file when it is cancelled, and says so', async () => {
    const before = await objects();
    const run = exporting.runOf(school.id);
    const begun = createGate<WorkflowHandle>();
    const around = async (name: string, act: () => Promise<unknown>): Promise<unknown> => {
      if (name !== 'makePackage') return act();
      await act(); // the file is there: the worst moment
      await cancelAndHear(await begun.opened);
      return untilCancelled();
    };
    const cancelled = async (handle: WorkflowHandle): Promise<unknown> => {
      begun.open(handle);
      return failureOf(handle);
    };
    await exporting.run(run, request('student'), cancelled, {}, around);
    assert.deepEqual(await objects(), before);
    assert.equal((await rowOf(run.runId))?.status, 'failed');
  });

  it('stops in the middle of a large package when it is cancelled', async () => {
    const before = await objects();
    const run = exporting.runOf(school.id);
    const begun = createGate<null>();
    const endless: Collector = {
      place: 'a place without an end',
      tables: [],
      kinds: [
        recordKind({
          name: 'endless',
          title: 'Endless',
          about: 'It goes on.',
          schema: z.object({ id: z.int(), text: z.string() }),
          async *read() {
            for (let id = 0; ; id++) {
              if (id === 1_000) begun.open(null);
              yield { id, text: randomBytes(10_000).toString('base64') };
            }
          },
        }),
      ],
    };
    const cancel = async (handle: WorkflowHandle): Promise<unknown> => {
      await begun.opened;
      await handle.cancel();
      return failureOf(handle);
    };
    await exporting.run(run, request('student'), cancel, { collectors: [endless] });
    assert.deepEqual(await objects(), before);
    assert.equal((await rowOf(run.runId))?.status, 'failed');
  });

  it('makes it once, however often it is tried, and tells it the same', async () => {
    const run = exporting.runOf(school.id);
    const told: unknown[] = [];
    const twice = async (name: string, act: () => Promise<unknown>): Promise<unknown> => {
      const first = await act();
      if (name === 'recordRunEnd') return first;
      const second = await act();
      if (name === 'makePackage') told.push(first, second);
      return second;
    };
    await exporting.run(run, { personId: personOf('billing'), recipient: { kind: 'passphrase' } }, made, {}, twice);
    assert.deepEqual(told[0], told[1]);
    const entries = await inTenant(exporting.engine.databases.main, school.id, async (trx) =>
      AuditEntry.query(trx).where({ tenant_id: school.id, run_id: run.runId }).orderBy('seq'),
    );
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['privacy-export.create', 'privacy-export.complete'],
    );
  });

  it('fails with what a place says, and leaves no file', async () => {
    const before = await objects();
    const run = exporting.runOf(school.id);
    const failing: Collector = {
      place: 'a place that is broken',
      tables: [],
      kinds: [
        recordKind({
          name: 'broken',
          title: 'Broken',
          about: 'It breaks.',
          schema: z.object({ id: z.string() }),
          async *read() {
            for (let id = 0; id < 5_000; id++) yield { id: String(id) };
            throw new UndecipherableError('the place');
          },
        }),
      ],
    };
    const failure = await exporting.run(run, request('student'), failureOf, { collectors: [failing] });
    assert.equal((failure as { type?: string }).type, 'undecipherable');
    assert.deepEqual(await objects(), before);
  });
});
