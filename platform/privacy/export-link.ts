import { parse } from 'uuid';
import { NotFoundError } from '../../domain/errors.ts';
import { idOfBytes } from '../identity/invitation-token.ts';
import type { Vault } from '../vault.ts';

export interface ExportLink {
  readonly tenantId: string;
  readonly exportId: string;
  readonly expiresAt: Date;
}
const keyName = 'export-links';
const hmacPattern = /^vault:v(\d+):([A-Za-z0-9+/]+=*)$/;
const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);
const inputOf = (tenantId: string, exportId: string, seconds: number): string => `${tenantId}|${exportId}|${seconds}`;
const codeBytes = 2 + 4 + 16 + 16 + 32;

/** The code in a link to a package: base64url of key version (2 bytes), expiry (seconds since 1970, 4 bytes), tenant, export, HMAC-SHA256. Nothing of it is stored. */
export async function exportCode(vault: Pick<Vault, 'hmacBatch'>, { tenantId, exportId, expiresAt }: ExportLink): Promise<string> {
  const [hmac = ''] = await vault.hmacBatch(keyName, [inputOf(tenantId, exportId, secondsOf(expiresAt))]);
  const [, version, mac] = hmacPattern.exec(hmac) ?? [];
  if (!version || !mac) throw new Error('The vault answered no HMAC.');
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(Number(version));
  numbers.writeUInt32BE(secondsOf(expiresAt), 2);
  return Buffer.concat([numbers, parse(tenantId), parse(exportId), Buffer.from(mac, 'base64')]).toString('base64url');
}

/** What a code is for, expired or not. Throws NotFoundError for any code that exportCode did not make. */
export async function readExportCode(vault: Pick<Vault, 'verifyHmac'>, code: string): Promise<ExportLink> {
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length !== codeBytes || bytes.toString('base64url') !== code) throw new NotFoundError('export');
  const [version, seconds] = [bytes.readUInt16BE(0), bytes.readUInt32BE(2)];
  const [tenantId, exportId] = [idOfBytes(bytes.subarray(6, 22)), idOfBytes(bytes.subarray(22, 38))];
  const hmac = `vault:v${version}:${bytes.subarray(38).toString('base64')}`;
  if (!(await vault.verifyHmac(keyName, inputOf(tenantId, exportId, seconds), hmac))) throw new NotFoundError('export');
  return { tenantId, exportId, expiresAt: new Date(seconds * 1000) };
}
