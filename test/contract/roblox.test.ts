import assert from 'node:assert/strict';
import { describeContract } from './support/suite.ts';

describeContract('roblox', async ({ proxy }) => {
  const found = await fetch(`${proxy.url}/cloud/v2/users/156`, { headers: { 'x-api-key': 'sandbox' } });
  assert.equal(found.status, 200);
});
