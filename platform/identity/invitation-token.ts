import { parse } from 'uuid';
import { InvitationInvalidError } from '../../domain/errors.ts';
import type { Vault } from '../vault.ts';

export interface InvitationRef {
  readonly tenantId: string;
  readonly invitationId: string;
}
const keyName = 'invitations';
const inputOf = ({ tenantId, invitationId }: InvitationRef): string => `${tenantId}|${invitationId}`;
const hmacPattern = /^vault:v(\d+):([A-Za-z0-9+/]+=*)$/;

/**
 * The code in an invitation's link: base64url of key version (2 bytes), tenant id, invitation id, HMAC-SHA256. Nothing of it is stored,
 * so a retried activity makes the same link.
 */
export async function invitationTokens(vault: Pick<Vault, 'hmacBatch'>, refs: readonly InvitationRef[]): Promise<string[]> {
  const hmacs = await vault.hmacBatch(keyName, refs.map(inputOf));
  return refs.map(({ tenantId, invitationId }, index) => {
    const [, version, mac] = hmacPattern.exec(hmacs[index] ?? '') ?? [];
    if (!version || !mac) throw new Error('The vault answered no HMAC.');
    const head = Buffer.alloc(2);
    head.writeUInt16BE(Number(version));
    return Buffer.concat([head, parse(tenantId), parse(invitationId), Buffer.from(mac, 'base64')]).toString('base64url');
  });
}

/** The id that these 16 bytes are. */
export const idOfBytes = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Which invitation a code is for. Throws InvitationInvalidError for any code that invitationTokens did not make. */
export async function readInvitationToken(vault: Pick<Vault, 'verifyHmac'>, token: string): Promise<InvitationRef> {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== 66 || bytes.toString('base64url') !== token) throw new InvitationInvalidError();
  const hmac = `vault:v${bytes.readUInt16BE(0)}:${bytes.subarray(34).toString('base64')}`;
  const ref = { tenantId: idOfBytes(bytes.subarray(2, 18)), invitationId: idOfBytes(bytes.subarray(18, 34)) };
  if (!(await vault.verifyHmac(keyName, inputOf(ref), hmac))) throw new InvitationInvalidError();
  return ref;
}
