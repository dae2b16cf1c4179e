import assert from 'node:assert/strict';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { platformTenantId } from '../../../domain/roles.ts';
import { createPayloadCodec } from '../../../platform/codec/payload-codec.ts';
import { newId } from '../../../platform/ids.ts';
import { useApi } from '../../support/api.ts';

const ui = 'http://127.0.0.1:8233';
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
/** As Temporal's UI and command line write payloads. */
const wireOf = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])),
  data: Buffer.from(data ?? []).toString('base64'),
});
const ofWire = ({ metadata, data }: { metadata: Record<string, string>; data: string }): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
  data: Buffer.from(data, 'base64'),
});

describe('the codec server', () => {
  const api = useApi(({ keyring }) => ({ codec: createPayloadCodec(keyring.payloadKeys), temporalUiUrl: ui }));
  const sealed = async (tenantId: string, value: unknown) => {
    const [payload] = await api.deps.codec.encodeFor(tenantId, [payloadOf(value)]);
    assert.ok(payload);
    return wireOf(payload);
  };
  const ask = (path: '/codec/decode' | '/codec/encode', payloads: readonly unknown[], as: 'ops' | 'compliance' | 'tenant_admin' = 'ops') =>
    api.send(path, { as, body: { payloads } });

  it('opens what the platform’s runs told Temporal, in order, beside what was never sealed', async () => {
    const plain = wireOf(payloadOf('plain'));
    const { status, body } = await ask('/codec/decode', [await sealed(platformTenantId, { slug: 'lincoln-high' }), plain], 'compliance');
    assert.equal(status, 200);
    assert.deepEqual(body, { payloads: [wireOf(payloadOf({ slug: 'lincoln-high' })), plain] });
  });

  it('opens nothing of a school, for the platform’s staff either', async () => {
    const theirs = await sealed(api.schools[0].id, 'theirs');
    assert.equal((await ask('/codec/decode', [await sealed(platformTenantId, 'ours'), theirs])).status, 403);
    assert.equal((await ask('/codec/decode', [theirs], 'tenant_admin')).status, 403);
  });

  it('hands back what does not open, and opens the rest', async () => {
    const ours = await sealed(platformTenantId, 'ours');
    const keyless = { ...ours, metadata: { ...ours.metadata, 'encryption-key-id': btoa(`${platformTenantId}/${newId()}`) } };
    const nameless = { ...ours, metadata: { ...ours.metadata, 'encryption-key-id': btoa('nobody') } };
    const cut = { ...ours, data: ours.data.slice(0, 40) };
    const { status, body } = await ask('/codec/decode', [keyless, nameless, cut, {}, ours]);
    assert.equal(status, 200);
    assert.deepEqual(body['payloads'], [keyless, nameless, cut, {}, wireOf(payloadOf('ours'))]);
  });

  it('seals what staff send from the UI so that a worker understands it', async () => {
    const { status, body } = await ask('/codec/encode', [wireOf(payloadOf({ verdict: 'yes' }))]);
    assert.equal(status, 200);
    const [wire] = body['payloads'] as unknown as Parameters<typeof ofWire>[0][];
    assert.ok(wire && !wire.data.includes('verdict'));
    const [opened] = await api.deps.codec.decode([ofWire(wire)]);
    assert.deepEqual(opened && defaultPayloadConverter.fromPayload(opened), { verdict: 'yes' });
  });

  it('hands back whatever else is sent as a payload, and is broken by none of it', async function () {
    this.timeout(30_000);
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('', '====', '%%%', btoa('binary/encrypted'), btoa('binary/null'), btoa(`${platformTenantId}/${newId()}`)),
      fc.constantFrom(`${platformTenantId}/../${platformTenantId}`, '/', platformTenantId).map(btoa),
    );
    const name = fc.oneof(
      word.filter((text) => text.length <= 100),
      fc.constantFrom('encoding', 'encryption-key-id', 'messageType', 'toString', 'length'),
    );
    const payload = fc.record(
      { metadata: fc.dictionary(name, word, { maxKeys: 4, noNullPrototype: true }), data: word },
      { requiredKeys: [], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(payload, { maxLength: 5 }), async (payloads) => {
        const [decoded, encoded] = [await ask('/codec/decode', payloads), await ask('/codec/encode', payloads)];
        for (const { status } of [decoded, encoded]) assert.ok([200, 400].includes(status), String(status));
        if (decoded.status === 200) assert.deepEqual(decoded.body, { payloads });
        if (encoded.status === 200) assert.equal((encoded.body['payloads'] as unknown as unknown[]).length, payloads.length);
      }),
      { numRuns: 60 },
    );
  });

  it('opens one wall at a time: what was sealed twice comes back sealed', async () => {
    const once = await sealed(platformTenantId, 'ours');
    const { body } = await ask('/codec/encode', [once]);
    const twice = await ask('/codec/decode', body['payloads'] as unknown as unknown[]);
    assert.deepEqual(twice.body['payloads'], [once]);
  });

  it('refuses what it does not know beside the payloads, and more of them than a message has', async () => {
    const { status } = await api.send('/codec/decode', { as: 'ops', body: { payloads: [], payload: {} } });
    assert.equal(status, 422);
    const many = Array.from({ length: 1_001 }, () => ({}));
    assert.equal((await ask('/codec/encode', many)).status, 422);
  });

  it('asks for a token, and for the right to decode or to encode', async () => {
    assert.equal((await api.send('/codec/decode', { body: { payloads: [] } })).status, 401);
    assert.equal((await ask('/codec/encode', [], 'compliance')).status, 403);
  });

  describe('from a browser', () => {
    const preflight = (origin: string) =>
      fetch(`${api.url}/codec/decode`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-namespace',
        },
      });

    it('lets the pages of the Temporal UI ask, and read the answer, be it a refusal', async () => {
      const { status, headers } = await preflight(ui);
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [204, ui]);
      for (const name of ['authorization', 'content-type', 'x-namespace'])
        assert.ok(headers.get('access-control-allow-headers')?.toLowerCase().split(', ').includes(name), name);
      const refused = await api.send('/codec/decode', { headers: { origin: ui }, body: { payloads: [] } });
      assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [401, ui]);
    });

    it('lets no other page, and no page ask anything else', async () => {
      for (const origin of ['http://127.0.0.1:8234', 'https://evil.example', 'null'])
        assert.equal((await preflight(origin)).headers.get('access-control-allow-origin'), null);
      const elsewhere = await api.send('/v1/me', { as: 'ops', headers: { origin: ui } });
      assert.equal(elsewhere.headers.get('access-control-allow-origin'), null);
      assert.equal((await preflight(ui)).headers.get('access-control-allow-credentials'), null);
    });
  });
});
