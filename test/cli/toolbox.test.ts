import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { renderCertificate } from '../../platform/privacy/certificate-pdf.ts';
import { documentText, keyFingerprint } from '../../platform/privacy/certificate-signature.ts';
import { contentOf, makeSigner } from '../support/certificate.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
/** As `npx toolbox` starts it, with no environment but PATH: nothing is configured, and nothing needs to be. */
async function toolbox(...args: string[]): Promise<Ended> {
  const child = spawn('cli/toolbox.mjs', args, { env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return { code, stdout, stderr };
}

describe('npx toolbox verify', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'toolbox-verify-'));
  const signer = makeSigner();
  const write = (name: string, bytes: string | Buffer): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  let [json, pdf, forged, keys, fingerprint] = ['', '', '', '', ''];
  before(async () => {
    const document = await signer.sign(contentOf());
    const [key] = signer.keys.keys;
    assert.ok(key);
    fingerprint = await keyFingerprint(key);
    json = write('certificate.json', documentText(document));
    pdf = write('certificate.pdf', await renderCertificate(document));
    forged = write('forged.json', documentText(document).replace('"people":1', '"people":7'));
    keys = write('keys.json', JSON.stringify(signer.keys));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('says in words what it checked and what is certified, of the JSON and of the PDF', async () => {
    for (const file of [json, pdf]) {
      const { code, stdout } = await toolbox('verify', file, '--keys', keys);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /VALID\n[^]*✓ It is signed by the key certificates-1[^]*✓ Nothing is left[^]*postgres-main \(platform\): found enrollments 3/,
      );
      assert.ok(stdout.includes(fingerprint));
      assert.equal(stdout.includes('✓ The pages of the PDF'), file === pdf);
    }
  });

  it('answers 1 for what is not valid, and says why', async () => {
    const { code, stdout } = await toolbox('verify', forged, '--keys', keys);
    assert.equal(code, 1);
    assert.match(stdout, /NOT VALID[^]*✗ It is signed by the key[^]*the signature is not of this content/);
    assert.equal((await toolbox('verify', keys, '--keys', keys)).code, 1);
  });

  it('holds the key against a fingerprint, with colons or without', async () => {
    const colons = fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
    assert.equal((await toolbox('verify', json, '--keys', keys, '--fingerprint', colons)).code, 0);
    assert.equal((await toolbox('verify', json, '--keys', keys, '--fingerprint', 'ab'.repeat(32))).code, 1);
    assert.equal((await toolbox('verify', json, '--keys', keys, '--fingerprint', 'abc')).code, 2);
  });

  it('answers programs in JSON', async () => {
    const { stdout } = await toolbox('verify', forged, '--keys', keys, '--json');
    const answer = JSON.parse(stdout) as { valid: boolean; checks: { problems: string[] }[]; content: { law: string } };
    assert.deepEqual(
      [answer.valid, answer.checks.filter(({ problems }) => problems.length > 0).length, answer.content.law],
      [false, 1, 'gdpr'],
    );
  });

  it('asks a platform for its keys when it is told to', async () => {
    const server = createServer((request, response) =>
      request.url === '/.well-known/certificate-keys.json' ? response.end(JSON.stringify(signer.keys)) : response.writeHead(404).end(),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.equal((await toolbox('verify', json, '--url', url)).code, 0);
    server.close();
    await once(server, 'close');
    const away = await toolbox('verify', json, '--url', url);
    assert.deepEqual([away.code, /did not answer/.test(away.stderr)], [2, true]);
  });

  it('answers 2, and what to type, for what was typed wrong', async () => {
    const wrong = [
      [],
      ['verify'],
      ['verify', json],
      ['verify', json, '--keys', keys, '--url', 'http://localhost'],
      ['verify', json, '--url', 'nowhere'],
      ['verify', 'nothing.json', '--keys', keys],
      ['verify', folder, '--keys', keys],
      ['verify', json, '--keys', json],
      ['verify', json, '--keys', 'nothing.json'],
      ['destroy'],
    ];
    const ended = await Promise.all(wrong.map((args) => toolbox(...args)));
    for (const [at, { code, stderr }] of ended.entries()) {
      assert.equal(code, 2, wrong[at]?.join(' '));
      assert.ok(stderr.length > 0 && !stderr.includes('    at '), stderr);
    }
    const { code, stdout } = await toolbox('verify', '--help');
    assert.deepEqual([code, /Exit codes: 0/.test(stdout)], [0, true]);
  });
});
