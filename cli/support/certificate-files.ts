import { readFileSync, statSync } from 'node:fs';
import type { CertificateKeySet } from '../../platform/privacy/certificate-signature.ts';
import { certificateKeySet } from '../../platform/privacy/verify-certificate.ts';

/** What was asked for cannot be done: the command was typed wrong, or what it names is not there. Exit code 2. */
export class UsageError extends Error {}

const largestBytes = 20 * 1024 * 1024;

/** Throws UsageError when there is no such file, or it is far too large. */
export function readFileOf(path: string): Buffer {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new UsageError(`There is no file ${path}.`);
  if (found.size > largestBytes) throw new UsageError(`${path} is larger than ${largestBytes} bytes: it is no certificate and no key set.`);
  return readFileSync(path);
}

/** Throws UsageError when it is no key set of certificates. */
function parseKeys(text: string, from: string): CertificateKeySet {
  const refusal = new UsageError(`${from} is no set of public keys as /.well-known/certificate-keys.json answers it.`);
  try {
    const { success, data } = certificateKeySet.safeParse(JSON.parse(text));
    if (!success) throw refusal;
    return data;
  } catch (error) {
    throw error instanceof SyntaxError ? refusal : error;
  }
}

export const readKeys = (path: string): CertificateKeySet => parseKeys(readFileOf(path).toString(), path);

/** Asks the platform at this address for its keys: the only thing that needs a network. Throws UsageError when they do not come. */
export async function fetchKeys(platformUrl: string): Promise<CertificateKeySet> {
  const url = new URL('/.well-known/certificate-keys.json', platformUrl).href;
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((error: unknown) => {
    throw new UsageError(`${url} did not answer.`, { cause: error });
  });
  if (!answer.ok) throw new UsageError(`${url} answered ${answer.status}.`);
  return parseKeys(await answer.text(), url);
}
