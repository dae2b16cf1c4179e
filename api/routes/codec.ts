import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { AppError, ForbiddenError, UndecipherableError, TenantKeyMissingError } from '../../domain/errors.ts';
import { sealedUnder, type TenantCodec } from '../../platform/codec/payload-codec.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface CodecRoutesDeps {
  readonly codec: TenantCodec;
}

/** As Temporal's codec servers speak: protobuf's JSON, so bytes are base64. */
const WirePayload = z.looseObject({
  metadata: z.record(z.string().max(100), z.string()).optional(),
  data: z.string().optional(),
});
const Payloads = z.strictObject({ payloads: z.array(WirePayload).max(1_000) }).meta({ id: 'Payloads' });
type Wire = z.infer<typeof WirePayload>;

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'base64');
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const fromWire = ({ metadata = {}, data = '' }: Wire): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, bytesOf(text)])),
  data: bytesOf(data),
});
const toWire = ({ metadata, data }: Payload): Wire => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, textOf(bytes)])),
  data: textOf(data ?? new Uint8Array()),
});

/** One payload that does not open (its key is gone, or it never was one of ours) comes back as it was: it must not hide the others. */
async function opened(codec: TenantCodec, tenantId: string, wire: Wire): Promise<Wire> {
  try {
    const payload = fromWire(wire);
    const under = sealedUnder(payload);
    if (under && under.tenantId !== tenantId) throw new ForbiddenError('decode', 'the payloads of another tenant');
    const [plain] = under ? await codec.decode([payload]) : [];
    return plain ? toWire(plain) : wire;
  } catch (error) {
    if (isUnreadable(error)) return wire;
    throw error;
  }
}
const isUnreadable = (error: unknown): error is AppError => error instanceof UndecipherableError || error instanceof TenantKeyMissingError;

/** What the Temporal UI and command line ask to show payloads, and to send their own. Behind the same doors as everything else. */
export const codecRoutes = ({ codec }: CodecRoutesDeps): Route[] => [
  route({
    method: 'post',
    path: '/codec/decode',
    access: { object: 'codec', action: 'decode' },
    summary: 'Opens payloads of the caller’s own tenant, for the Temporal UI and command line',
    body: Payloads,
    responses: { 200: Payloads },
    handler: async ({ body, caller }) =>
      reply(200, { payloads: await Promise.all(body.payloads.map((wire) => opened(codec, caller.tenantId, wire))) }),
  }),
  route({
    method: 'post',
    path: '/codec/encode',
    access: { object: 'codec', action: 'encode' },
    summary: 'Seals payloads under the key of the caller’s own tenant, for the Temporal UI and command line',
    body: Payloads,
    responses: { 200: Payloads },
    handler: async ({ body, caller }) =>
      reply(200, { payloads: (await codec.encodeFor(caller.tenantId, body.payloads.map(fromWire))).map(toWire) }),
  }),
];
