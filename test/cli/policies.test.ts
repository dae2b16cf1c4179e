import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { roles } from '../../domain/roles.ts';

const policies = (...args: string[]) => spawnSync(process.execPath, ['--import', 'tsx', 'cli/policies.ts', ...args], { encoding: 'utf8' });

describe('npm run policies', function () {
  this.timeout(30_000);

  it('prints every role and what it may do', () => {
    const { status, stdout } = policies();
    assert.equal(status, 0);
    for (const role of roles) assert.ok(stdout.includes(role), role);
    assert.match(stdout, /school/);
    assert.match(stdout, /│ person +│ read +│.*✓ +│\n/);
    assert.match(stdout, /│ settings +│ update +│.*│ +│\n/);
  });

  it('prints the same as JSON for programs', () => {
    const { status, stdout } = policies('--json');
    assert.equal(status, 0);
    assert.equal(typeof JSON.parse(stdout), 'object');
  });
});
