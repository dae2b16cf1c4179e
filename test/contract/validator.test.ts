import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { specsDirectory } from './support/documents.ts';
import { createContractProxy } from './support/validator.ts';

/** Asks a made-up Stripe by way of the proxy, and gives what the proxy objects to. */
async function objections(answer: { status: number; body: unknown }, path: string, init: RequestInit = {}): Promise<readonly string[]> {
  const server: Server = createServer((_, response) => {
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy = await createContractProxy('stripe', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    await (await fetch(`${proxy.url}${path}`, init)).text();
    return proxy.violations();
  } finally {
    await proxy.stop();
    server.close();
  }
}

const deleted = { status: 200, body: { id: 'cus_1', object: 'customer', deleted: true } };
const form = (body: string) => ({ method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });

if (specsDirectory() !== undefined) {
  describe('the contract proxy', function () {
    this.timeout(30_000);

    it('lets pass what the document allows', async () => {
      assert.deepEqual(await objections(deleted, '/v1/customers/cus_1'), []);
    });

    it('objects to an operation the document does not have', async () => {
      assert.match(String(await objections(deleted, '/v1/customer/cus_1')), /no such operation/);
    });

    it('objects to a parameter the document does not name', async () => {
      const list = { status: 200, body: { object: 'list', data: [], has_more: false, url: '/v1/customers' } };
      assert.match(String(await objections(list, '/v1/customers?colour=red')), /query: colour is not in the document/);
      assert.deepEqual(await objections(list, '/v1/customers?limit=3&created[gte]=1'), []);
    });

    it('reads a form by the schema: an integer that is none is refused, nested fields too', async () => {
      const price = { status: 200, body: {} };
      assert.match(String(await objections(price, '/v1/prices', form('currency=usd&unit_amount=many'))), /unit_amount must be integer/);
      assert.match(
        String(await objections(price, '/v1/prices', form('currency=usd&recurring[every]=month'))),
        /recurring.*additional properties/,
      );
    });

    it('objects to an answer that lacks a field, or invents one', async () => {
      assert.match(String(await objections({ status: 200, body: { object: 'customer' } }, '/v1/customers/cus_1')), /required property/);
      assert.match(
        String(await objections({ ...deleted, body: { ...deleted.body, colour: 'red' } }, '/v1/customers/cus_1')),
        /additional properties/,
      );
    });

    it('minds the request only when it was taken', async () => {
      const refusal = { status: 400, body: { error: { type: 'invalid_request_error', message: 'No' } } };
      assert.deepEqual(await objections(refusal, '/v1/prices', form('unit_amount=many')), []);
    });
  });
}
