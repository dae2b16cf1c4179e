import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { specsDirectory } from './support/documents.ts';

describe("the vendors' documents", () => {
  const directory = specsDirectory();

  if (directory === undefined) {
    it('are not present here, so the sandboxes are not compared with them', () => {
      assert.equal(process.env['TOOLBOX_SPECS'] !== undefined && existsSync(`${process.env['TOOLBOX_SPECS']}/stripe.json`), false);
    });
    return;
  }

  it('are present, one for each vendor', () => {
    const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
    assert.deepEqual(names.sort(), ['pusher.json', 'roblox.json', 'sendgrid.json', 'stripe.json']);
  });
});
