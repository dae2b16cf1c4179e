import { Command } from 'commander';
import { ConfigurationError, readVaultAdminConfig } from '../platform/config/tools.ts';
import { rotateCertificateKey, rotateSigningKey } from '../platform/rotate-signing-key.ts';
import { createVaultHttp } from '../platform/vault-http.ts';
import { readStackFile } from './support/stack-file.ts';

/** The vault of the environment, else that of the running embedded stack. */
function vaultAccess(): { address: string; token: string; mount: string } {
  if (process.env['VAULT_ADDR']) {
    const { address, adminToken: token, mount } = readVaultAdminConfig();
    return { address, token, mount };
  }
  const { vault } = readStackFile();
  return { address: vault.url, token: vault.token, mount: 'transit' };
}

const program = new Command('npm run rotate-signing-key --')
  .description('Makes the next version of the key that signs access tokens.')
  .option('--certificates', 'of the key that signs certificates instead')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

/** What older versions have signed stays good for ever: all of them are published. */
async function rotateCertificates(): Promise<void> {
  const { mount, ...access } = vaultAccess();
  const { signing } = await rotateCertificateKey({ call: createVaultHttp(access), mount });
  console.log(`Certificates are signed with ${signing} from now on. Those of older keys verify as before.`);
  console.log('Whoever pins fingerprints or keeps the key set in a file needs the new one: /.well-known/certificate-keys.json.');
}

/** Nobody is logged out: tokens of the old key stay good until they expire, and the new one signs when every API can know it. */
async function main(): Promise<void> {
  const { mount, ...access } = vaultAccess();
  const { signing, retired } = await rotateSigningKey({ call: createVaultHttp(access), mount });
  console.log(`New tokens are signed with ${signing}, half a minute from now. Tokens of older keys stay good until they expire.`);
  if (retired.length > 0) console.log(`Out of use, with no token of theirs alive: ${retired.join(', ')}.`);
}

try {
  await (program.parse().opts<{ certificates?: true }>().certificates ? rotateCertificates() : main());
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
