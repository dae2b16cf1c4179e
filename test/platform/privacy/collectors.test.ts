import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { z } from 'zod';
import { inPlatform, inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { loadModels } from '../../../platform/models/all.ts';
import { Effect } from '../../../platform/models/effect.ts';
import { Invitation } from '../../../platform/models/invitation.ts';
import { Person } from '../../../platform/models/person.ts';
import { Tenant } from '../../../platform/models/tenant.ts';
import { sealRow } from '../../../platform/pii.ts';
import { type Asked, collect } from '../../../platform/privacy/collector.ts';
import { collectors, withoutRecords } from '../../../platform/privacy/collectors.ts';
import { schemaOf } from '../../../platform/privacy/package/manifest.ts';
import { recordFile } from '../../../platform/privacy/package/record-files.ts';
import { recordKind } from '../../../platform/privacy/collector.ts';
import { findSubject } from '../../../platform/privacy/subject.ts';
import { createStripe } from '../../../platform/stripe.ts';
import { billSchool } from '../../support/billed-school.ts';
import type { School } from '../../support/school.ts';
import { readCatalogue, type Table } from '../../tenancy/catalogue.ts';
import { useExporting } from '../../workflows/support/exporting.ts';

type Records = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

describe('platform/privacy/collect', function () {
  this.timeout(60_000);
  const exporting = useExporting();
  let school: School;
  before(async () => {
    school = await exporting.makeSchool();
  });

  async function read(personId: string): Promise<Records> {
    const { knex, keyring, billing } = exporting.deps();
    const subject = await findSubject(knex, school.id, personId);
    assert.ok(subject);
    const asked: Asked = { knex, keyring, billing, subject, asOf: new Date(Date.now() + 1_000) };
    const found: Record<string, Record<string, unknown>[]> = {};
    for (const collector of collectors)
      for await (const { name, record } of collect(collector, asked)) (found[name] ??= []).push({ ...record });
    return found;
  }

  it('reads every table that refers to people or accounts, names them or has personal columns, or says why there is nothing', async () => {
    const tables = (await readCatalogue(exporting.engine.databases.owner)).filter(({ name }) => !name.startsWith('knex_'));
    const personal = new Set((await loadModels()).filter(({ pii }) => pii).map(({ tableName }) => tableName));
    const naming = /(^|_)(account|person|subject|actor|guardian|child)_id$|_by$/;
    const referring = new Set<string>(['people', 'accounts']);
    const refers = ({ name, foreignKeys }: Table): boolean =>
      !referring.has(name) && foreignKeys.some(({ parent }) => referring.has(parent));
    for (let next = tables.filter(refers); next.length > 0; next = tables.filter(refers)) for (const { name } of next) referring.add(name);
    const named = tables.filter(({ columns }) => columns.some(({ name, type }) => type === 'uuid' && naming.test(name)));
    const wanted = new Set([
      ...referring,
      ...named.map(({ name }) => name),
      ...tables.map(({ name }) => name).filter((name) => personal.has(name)),
    ]);
    const answered = [...collectors.flatMap(({ tables: own }) => own), ...Object.keys(withoutRecords)];
    assert.deepEqual(
      [...wanted].filter((name) => !answered.includes(name)),
      [],
    );
    assert.deepEqual(
      answered.filter((name, at) => answered.indexOf(name) !== at),
      [],
    );
    assert.deepEqual(
      answered.filter((name) => !tables.some((table) => table.name === name)),
      [],
    );
  });

  it('opens all personal columns of the person’s own row, and leaves out the contact of a guardian', async () => {
    const id = newId();
    const { keyring, knex } = exporting.deps();
    await exporting.engine.keyring.createSubjectKeys(school.id, [id]);
    const place = { table: Person.tableName, tenantId: school.id, subjectId: id, rowId: id };
    const plain = Object.fromEntries(Object.keys(Person.pii).map((column) => [column, `my ${column}`]));
    const sealed = sealRow(await keyring.sealer(school.id, [id]), Person.pii, place, plain);
    await inTenant(knex, school.id, async (trx) =>
      Person.query(trx).insert({ id, tenant_id: school.id, source: 'test', roles: [], ...sealed }),
    );
    const [record = {}] = (await read(id))['person'] ?? [];
    const told = new Set(Object.values(record));
    assert.deepEqual(
      Object.keys(Person.pii).filter((column) => !told.has(`my ${column}`)),
      ['guardian_contact'],
    );
    assert.equal(record['guardianContact'], '[redacted]');
  });

  it('reads mails, invitations and what Stripe has, each of the person alone', async () => {
    const { knex } = exporting.deps();
    const teacher = school.members['teacher']?.personId ?? '';
    const billing = school.members['billing']?.personId ?? '';
    const { customerId } = await billSchool(knex, exporting.stripe.url, school.id);
    await createStripe({ secretKey: 'sk_test_everyday', apiBase: exporting.stripe.url }).customers.update(customerId, {
      email: `Billing@${school.slug}.example`,
      phone: '+1 555 0100',
    });
    await inPlatform(knex, async (trx) => Tenant.query(trx).patch({ stripe_customer_id: customerId }).where({ id: school.id }));
    const [mine, other] = [newId(), newId()];
    await inTenant(knex, school.id, async (trx) => {
      for (const [id, person_id] of [
        [mine, billing],
        [other, teacher],
      ] as const) {
        const expires_at = new Date(Date.now() + 1e6);
        await Invitation.query(trx).insert({ id, tenant_id: school.id, person_id, role: 'billing', expires_at });
        const effect = { tenant_id: school.id, vendor: 'sendgrid', status: 'done', vendor_ref: `message-${id}` };
        await Effect.query(trx).insert({ ...effect, key: `invitation:${id}`, operation: 'send-invitation' });
        await Effect.query(trx).insert({ ...effect, key: `dunning:${newId()}:first:${person_id}`, operation: 'send-dunning-mail' });
      }
    });
    const found = await read(billing);
    assert.deepEqual(
      found['invitations']?.map(({ id }) => id),
      [mine],
    );
    assert.deepEqual(
      found['mails']?.map(({ mail, messageId }) => [mail, messageId]),
      [
        ['send-dunning-mail', `message-${mine}`],
        ['send-invitation', `message-${mine}`],
      ],
    );
    assert.deepEqual(
      found['billing-contact']?.map(({ email, phone }) => [email, phone]),
      [[`Billing@${school.slug}.example`, '+1 555 0100']],
    );
    assert.equal((await read(teacher))['billing-contact'], undefined);
  });

  it('fits the schema that goes into the package, record by record', async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    (formats as unknown as (target: Ajv2020) => void)(ajv);
    const kinds = collectors.flatMap(({ kinds: own }) => own);
    ajv.addSchema(schemaOf(kinds), 'package');
    const seen = new Set<string>();
    for (const { personId = '' } of Object.values(school.members))
      for (const [name, records] of Object.entries(await read(personId))) {
        seen.add(name);
        const validate = ajv.getSchema(`package#/$defs/${name}`);
        assert.ok(validate, name);
        for (const record of records) assert.ok(validate(record), `${name}: ${ajv.errorsText(validate.errors)} ${JSON.stringify(record)}`);
      }
    assert.ok(seen.size >= 8, [...seen].join());
  });

  it('is written as CSV that no spreadsheet runs', async () => {
    const texts = ['=cmd|calc', '+1', '-1', '@sum', 'a "quoted", text', '\tx', 'two\nlines'];
    const kind = recordKind({
      name: 'notes',
      title: 'Notes',
      about: 'Of the tests.',
      schema: z.object({ text: z.string(), count: z.int(), tags: z.array(z.string()), on: z.boolean() }),
      async *read() {
        for (const text of texts) yield { text, count: -1, tags: ['=a', 'b'], on: true };
      },
    });
    const pieces: Buffer[] = [];
    for await (const piece of recordFile(kind, 'csv', {} as Asked, () => undefined)) pieces.push(piece);
    const csv = Buffer.concat(pieces).toString();
    assert.ok(csv.startsWith('\uFEFFtext,count,tags,on\n'));
    assert.ok(csv.includes(`'=cmd|calc,-1,'=a; b,true\n`), csv);
    for (const start of ['=', '+', '@', '\t']) assert.equal(new RegExp(`(^|,|\n)"?\\${start}`).test(csv.slice(1)), false, start);
  });
});
