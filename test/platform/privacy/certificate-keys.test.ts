import assert from 'node:assert/strict';
import { createCertificateKeys } from '../../../platform/privacy/certificate-keys.ts';
import { createVault, type Vault } from '../../../platform/vault.ts';
import { useVault } from '../../support/vault.ts';

describe('platform/privacy/certificate-keys', () => {
  const test = useVault();
  const away = createVault({ address: 'http://127.0.0.1:1', token: 'any' });
  /** Asks whichever vault it is told to, and counts. */
  function asking() {
    const asked = { vault: test.vault as Pick<Vault, 'certificateKeys'>, times: 0 };
    const certificateKeys: Vault['certificateKeys'] = () => {
      asked.times += 1;
      return asked.vault.certificateKeys();
    };
    return { asked, certificateKeys };
  }

  it('asks the vault once for all who ask within half a minute', async () => {
    const { asked, certificateKeys } = asking();
    const keys = createCertificateKeys({ certificateKeys });
    const [first] = (await keys()).keys;
    for (let at = 0; at < 5; at += 1) await keys();
    assert.deepEqual([asked.times, first?.kid, first?.crv, first?.['d']], [1, 'certificates-1', 'Ed25519', undefined]);
  });

  it('answers what it knew while the vault is away, and says so when it never knew', async () => {
    const { asked, certificateKeys } = asking();
    const keys = createCertificateKeys({ certificateKeys }, 0);
    const known = await keys();
    asked.vault = away;
    assert.deepEqual(await keys(), known);
    await assert.rejects(createCertificateKeys(away)(), { code: 'unavailable' });
  });
});
