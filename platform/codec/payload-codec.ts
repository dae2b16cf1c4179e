import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { TenantKeyMissingError, UndecipherableError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { tenantOfWorkflow } from '../../domain/workflow-id.ts';
import { openBytes, sealBytes } from '../envelope.ts';
import type { PayloadKey, PayloadKeys } from './payload-keys.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;
const encoding = 'binary/encrypted';
const where = 'a payload';

export interface SealedUnder {
  readonly tenantId: string;
  readonly keyId: string;
}
const nameOf = ({ tenantId, keyId }: SealedUnder): string => `${tenantId}/${keyId}`;
const names = /^([0-9a-f-]{36})\/([0-9a-f-]{36})$/;
const wordOf = (payload: Payload, name: string): string => Buffer.from(payload.metadata?.[name] ?? []).toString();

/** Whose key sealed a payload, as its metadata say; undefined when it is not sealed. Throws UndecipherableError when they make no sense. */
export function sealedUnder(payload: Payload): SealedUnder | undefined {
  if (wordOf(payload, 'encoding') !== encoding) return undefined;
  const [, tenantId, keyId] = names.exec(wordOf(payload, 'encryption-key-id')) ?? [];
  if (!tenantId || !keyId) throw new UndecipherableError(where);
  return { tenantId, keyId };
}

// A payload that claims another key or tenant than its own does not open.
const aadOf = (under: SealedUnder): Buffer => Buffer.from(`payload|${nameOf(under)}`);

function keyOf(tenantId: string, { held }: PayloadKey): Buffer {
  if (!held.key) throw new TenantKeyMissingError(tenantId);
  return held.key;
}

function seal(tenantId: string, key: PayloadKey, payload: Payload): Payload {
  const under = { tenantId, keyId: key.id };
  return {
    metadata: { encoding: Buffer.from(encoding), 'encryption-key-id': Buffer.from(nameOf(under)) },
    data: sealBytes(keyOf(tenantId, key), aadOf(under), PayloadMessage.encode(payload).finish()),
  };
}

export interface TenantCodec extends PayloadCodec {
  /** As `encode`, for a tenant that is known. */
  encodeFor(tenantId: string, payloads: readonly Payload[]): Promise<Payload[]>;
}

/**
 * Seals all that is told to Temporal, under a key of the tenant whose run it is: the workflow's id says so, and what belongs to no run is
 * the platform's. Opens it by the key its metadata name; what was never sealed passes. Errors: TenantKeyMissingError when the tenant is
 * gone, UndecipherableError, UnavailableError.
 */
export function createPayloadCodec(keys: PayloadKeys): TenantCodec {
  const encodeFor = async (tenantId: string, payloads: readonly Payload[]): Promise<Payload[]> => {
    if (payloads.length === 0) return [];
    const key = await keys.current(tenantId);
    return payloads.map((payload) => seal(tenantId, key, payload));
  };
  const open = async (payload: Payload): Promise<Payload> => {
    const under = sealedUnder(payload);
    if (!under) return payload;
    const key = keyOf(under.tenantId, await keys.named(under.tenantId, under.keyId));
    return PayloadMessage.decode(openBytes(key, aadOf(under), Buffer.from(payload.data ?? []), where));
  };
  return {
    encodeFor,
    encode: (payloads, context) => encodeFor(context?.workflowId ? tenantOfWorkflow(context.workflowId) : platformTenantId, payloads),
    decode: (payloads) => Promise.all(payloads.map(open)),
  };
}
