import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { askJson } from '../../platform/json-http.ts';

describe('platform/json-http', () => {
  const open: Server[] = [];
  async function serve(answer: (...of: Parameters<RequestListener>) => unknown): Promise<string> {
    const server = createServer((...of) => void answer(...of));
    open.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  afterEach(() => {
    for (const server of open.splice(0)) server.close().closeAllConnections();
  });
  const ask = async (url: string, body?: unknown) => {
    const { status, json } = await askJson({ method: 'POST', url, headers: { 'x-token': 't' }, body, timeoutMs: 500 });
    return { status, json };
  };

  it('sends JSON and hands back the status and what came, over one connection', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve(async (request, response) => {
      ports.add(request.socket.remotePort);
      const sent = (await request.setEncoding('utf8').toArray()).join('');
      response.statusCode = sent ? 400 : 204;
      response.end(sent && JSON.stringify({ sent: JSON.parse(sent) as unknown, token: request.headers['x-token'] }));
    });
    assert.deepEqual(await ask(`${url}/x`, { name: 'Zoë' }), { status: 400, json: { sent: { name: 'Zoë' }, token: 't' } });
    assert.deepEqual(await ask(`${url}/x`), { status: 204, json: {} });
    assert.equal(ports.size, 1);
  });

  it('follows one redirection, with all that was sent', async () => {
    const url = await serve(async (request, response) => {
      if (request.url !== '/there') return void response.writeHead(307, { location: request.url === '/here' ? '/there' : '/here' }).end();
      response.end(`{"got":${(await request.setEncoding('utf8').toArray()).join('')}}`);
    });
    assert.deepEqual(await ask(`${url}/here`, { a: 1 }), { status: 200, json: { got: { a: 1 } } });
    assert.equal((await ask(`${url}/twice`)).status, 307);
  });

  it('fails in time when an answer does not come or does not end, and when it is no JSON', async () => {
    const mute = await serve(() => undefined);
    await assert.rejects(ask(mute), /no answer in time/);
    const halting = await serve((_, response) => void response.writeHead(200).write('{"half":'));
    await assert.rejects(ask(halting), Error);
    const wordy = await serve((_, response) => void response.end('<html>'));
    await assert.rejects(ask(wordy), SyntaxError);
    await assert.rejects(ask('http://127.0.0.1:9'), { code: 'ECONNREFUSED' });
  });
});
