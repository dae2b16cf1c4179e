import assert from 'node:assert/strict';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { platformTenantId } from '../../../domain/roles.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { createPayloadCodec, sealedUnder, type TenantCodec } from '../../../platform/codec/payload-codec.ts';
import { newId } from '../../../platform/ids.ts';
import { createKeyring, type Keyring } from '../../../platform/keyring.ts';
import { useDatabases } from '../../support/database.ts';
import { useVault } from '../../support/vault.ts';

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (payload: Payload | undefined): unknown => payload && defaultPayloadConverter.fromPayload(payload);
const keyOf = (payload: Payload | undefined): string | undefined => payload && sealedUnder(payload)?.keyId;

describe('platform/codec', () => {
  const databases = useDatabases();
  const test = useVault();
  const openRing = (): Keyring => createKeyring({ knex: databases.keyring, vault: test.vault });
  const open = (keyring = openRing()): TenantCodec => createPayloadCodec(keyring.payloadKeys);
  const newTenant = async (): Promise<string> => {
    const tenantId = newId();
    await test.vault.createTenantKey(tenantId);
    return tenantId;
  };
  const sealFor = async (codec: TenantCodec, tenantId: string, value: unknown): Promise<Payload> => {
    const [sealed] = await codec.encodeFor(tenantId, [payloadOf(value)]);
    assert.ok(sealed);
    return sealed;
  };

  it('gives back whatever it sealed, bytes and metadata, also in another process', async () => {
    const [here, elsewhere] = [open(), open()];
    const payload = fc.record({
      metadata: fc.dictionary(fc.string({ minLength: 1 }), fc.uint8Array({ maxLength: 40 }), { noNullPrototype: true }),
      data: fc.uint8Array({ maxLength: 300 }),
    });
    const asBuffers = (payloads: readonly Payload[]): unknown =>
      payloads.map(({ metadata, data }) => [
        Buffer.from(data ?? []),
        Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes)]),
      ]);
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { maxLength: 5 }), async (payloads) => {
        assert.deepEqual(asBuffers(await elsewhere.decode(await here.encode(payloads))), asBuffers(payloads));
      }),
      { numRuns: 50 },
    );
  });

  it('seals under the key of the tenant whose run it is, and what belongs to no run under the platform’s', async () => {
    const [codec, tenantId] = [open(), await newTenant()];
    const under = async (workflowId?: string) => {
      const context = workflowId ? ({ type: 'workflow', namespace: 'default', workflowId } as const) : undefined;
      const [sealed] = await codec.encode([payloadOf('word')], context);
      return sealed && sealedUnder(sealed)?.tenantId;
    };
    assert.equal(await under(workflowIdOf('ask-school', tenantId, 'x')), tenantId);
    assert.equal(await under(workflowIdOf('onboard-school', platformTenantId, 'x')), platformTenantId);
    assert.equal(await under(), platformTenantId);
  });

  it('lets pass what was never sealed', async () => {
    assert.equal(valueOf((await open().decode([payloadOf('from before')]))[0]), 'from before');
  });

  it('does not open a payload that claims the key of another tenant, nor one that was changed', async () => {
    const [codec, one, two] = [open(), await newTenant(), await newTenant()];
    const [mine, theirs] = [await sealFor(codec, one, 'word'), await sealFor(codec, two, 'word')];
    await assert.rejects(codec.decode([{ ...mine, metadata: theirs.metadata ?? null }]), { code: 'undecipherable' });
    const changed = Buffer.from(mine.data ?? []);
    changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
    await assert.rejects(codec.decode([{ ...mine, data: changed }]), { code: 'undecipherable' });
    const nameless = { ...mine, metadata: { ...mine.metadata, 'encryption-key-id': Buffer.from('../x') } };
    await assert.rejects(codec.decode([nameless]), { code: 'undecipherable' });
  });

  it('seals under a new key when the tenant gets one, and still opens what the older sealed', async () => {
    const [keyring, tenantId] = [openRing(), await newTenant()];
    const codec = open(keyring);
    const before = await sealFor(codec, tenantId, 'older');
    await keyring.payloadKeys.renew(tenantId);
    const after = await sealFor(codec, tenantId, 'newer');
    assert.notEqual(keyOf(before), keyOf(after));
    const elsewhere = open();
    assert.deepEqual((await elsewhere.decode([before, after])).map(valueOf), ['older', 'newer']);
    assert.equal(keyOf(await sealFor(elsewhere, tenantId, 'x')), keyOf(after));
  });

  it('understands others that make a first key at the same time', async () => {
    const [tenantId, codecs] = [await newTenant(), [open(), open(), open()]];
    const sealed = await Promise.all(codecs.map((codec, index) => sealFor(codec, tenantId, index)));
    for (const codec of codecs) assert.deepEqual((await codec.decode(sealed)).map(valueOf), [0, 1, 2]);
  });

  it('reads a key once for a whole history, whatever asks for it at the same time', async () => {
    const tenantId = await newTenant();
    const sealed = await open().encodeFor(
      tenantId,
      Array.from({ length: 100 }, (_, index) => payloadOf(index)),
    );
    let reads = 0;
    const count = ({ sql }: { sql: string }): void => void (reads += sql.includes('"payload_keys"') ? 1 : 0);
    databases.keyring.on('query', count);
    const codec = open();
    const opened = await Promise.all(sealed.map(async (payload) => valueOf((await codec.decode([payload]))[0])));
    databases.keyring.off('query', count);
    assert.deepEqual([opened.length, new Set(opened).size, reads], [100, 100, 1]);
  });

  it('neither opens nor seals anything of a tenant that was destroyed, not even with its key in memory', async () => {
    const [keyring, tenantId] = [openRing(), await newTenant()];
    const codec = open(keyring);
    const sealed = await sealFor(codec, tenantId, 'gone');
    const held = await keyring.payloadKeys.current(tenantId);
    await keyring.destroyTenant(tenantId);
    assert.equal(held.held.key, undefined);
    for (const each of [codec, open()]) {
      await assert.rejects(each.decode([sealed]), { code: 'tenant-key-missing' });
      await assert.rejects(each.encodeFor(tenantId, [payloadOf('x')]), { code: 'tenant-key-missing' });
    }
    await assert.rejects(createPayloadCodec({ current: async () => held, named: async () => held }).encode([payloadOf('x')]), {
      code: 'tenant-key-missing',
    });
  });
});
