import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../api/app.ts';
import { bodyLimitBytes } from '../../api/middleware/body.ts';
import { createHttpServer } from '../../api/support/http-server.ts';
import { useApi } from '../support/api.ts';
import { rawRequest, sendRaw, statusesOf, statusOf } from '../support/raw-http.ts';

const nowhere = '0190d1a0-0000-7000-8000-0000000000aa';
const signIn = (headers: readonly string[], body = ''): string =>
  rawRequest('POST /v1/auth/token', ['Content-Type: application/json', ...headers], body);

/** What an answer says of itself: RFC 9457, also where no route was reached. */
function problemIn(answer: string): Record<string, unknown> {
  assert.match(answer, /\r\nContent-Type: application\/problem\+json/i, answer);
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}

describe('hostile HTTP', () => {
  const api = useApi();
  const bearer = (): string => `Authorization: Bearer ${api.member('super_admin').accessToken}`;
  const admin = (): string => `Authorization: Bearer ${api.member('tenant_admin').accessToken}`;

  describe('that hides one request in another', () => {
    const smuggled = 'GET /healthz HTTP/1.1\r\nHost: api.test\r\n\r\n';
    const refused: readonly (readonly [string, readonly string[], string])[] = [
      ['two lengths', ['Content-Length: 2', `Content-Length: ${2 + smuggled.length}`], '{}'],
      ['two lengths in one header', ['Content-Length: 2, 2'], '{}'],
      ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
      ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], '0\r\n\r\n'],
      ['an encoding that only ends like chunks', ['Transfer-Encoding: xchunked'], '0\r\n\r\n'],
      ['chunks that are not the last encoding', ['Transfer-Encoding: chunked, identity'], '0\r\n\r\n'],
      ['a length that is no number', ['Content-Length: -1'], ''],
      ['a length with a sign', ['Content-Length: +2'], '{}'],
      ['a length in hex', ['Content-Length: 0x2'], '{}'],
      ['a folded header', ['X-A: 1', ' Content-Length: 2'], '{}'],
      ['a space before the colon', ['Transfer-Encoding : chunked'], '0\r\n\r\n'],
      ['a line that ends without a return', ['X-A: 1\nTransfer-Encoding: chunked'], '0\r\n\r\n'],
      ['a chunk of no size', ['Transfer-Encoding: chunked'], 'x\r\n\r\n'],
      ['a chunk with a negative size', ['Transfer-Encoding: chunked'], '-1\r\n\r\n'],
      ['a chunk longer than it says', ['Transfer-Encoding: chunked'], '1\r\n{}\r\n0\r\n\r\n'],
      ['a NUL in a header', ['X-A: \0'], '{}'],
    ];
    for (const [title, headers, body] of refused) {
      it(`refuses ${title}, and answers nothing that comes after it`, async () => {
        const answers = await sendRaw(api.url, signIn(headers, body), smuggled);
        assert.deepEqual(statusesOf(answers), [400]);
        assert.equal(problemIn(answers)['status'], 400);
      });
    }

    it('answers what a refused body contains as no request', async () => {
      const body = `${smuggled}${' '.repeat(bodyLimitBytes)}`;
      assert.deepEqual(statusesOf(await sendRaw(api.url, signIn([`Content-Length: ${body.length}`], body))), [413]);
      const stranger = rawRequest('GET /v1/me', [`Content-Length: ${smuggled.length}`], smuggled);
      assert.deepEqual(statusesOf(await sendRaw(api.url, stranger)), [401]);
    });

    it('asks each of several requests on one connection who it is, and answers in their order', async () => {
      const own = `GET /v1/me HTTP/1.1\r\nHost: api.test\r\n${bearer()}\r\n\r\n`;
      const bare = 'GET /v1/me HTTP/1.1\r\nHost: api.test\r\n\r\n';
      assert.deepEqual(statusesOf(await sendRaw(api.url, own + bare + own + rawRequest('GET /v1/me'))), [200, 401, 200, 401]);
    });
  });

  describe('in the first line', () => {
    const unread = [
      ['a method nobody has heard of', 'FETCH /healthz'],
      ['a method in small letters', 'get /healthz'],
      ['a NUL in the path', 'GET /health\0z'],
      ['two spaces', 'GET  /healthz /'],
      ['a control character in the path', 'GET /health\u0001z'],
      ['no path', 'GET'],
    ] as const;
    for (const [title, line] of unread) {
      it(`refuses ${title}`, async () => {
        const answer = await sendRaw(api.url, rawRequest(line));
        assert.equal(statusOf(answer), 400);
        assert.equal(problemIn(answer)['type'], 'https://errors.toolbox.example/bad-request');
      });
    }

    it('takes bytes that are not UTF-8, in a path and in a query, for what names nothing', async () => {
      const get = (path: Buffer): Buffer =>
        Buffer.concat([Buffer.from('GET '), path, Buffer.from(rawRequest('', [admin()]).replace(/^ ?/, ' '))]);
      const path = await sendRaw(api.url, get(Buffer.from('/v1/people/\xff\xfe', 'latin1')));
      assert.ok([400, 404].includes(statusOf(path)), path.slice(0, 100));
      const query = await sendRaw(api.url, get(Buffer.from('/v1/people?cursor=\xff', 'latin1')));
      assert.ok([400, 422].includes(statusOf(query)), query.slice(0, 100));
      for (const cursor of ['%ff%fe', '%E0%A4%A', '%', '%u0041', '%ed%a0%80'])
        assert.equal((await api.send(`/v1/people?cursor=${cursor}`, { as: 'tenant_admin' })).status, 422, cursor);
    });

    it('takes TRACE and every other method of HTTP for one that the resource does not take', async () => {
      for (const method of ['TRACE', 'PUT', 'PROPFIND', 'PURGE', 'LOCK']) {
        const answer = await sendRaw(api.url, rawRequest(`${method} /v1/me`, [bearer(), 'X-Secret: hunter2']));
        assert.equal(statusOf(answer), 405, method);
        assert.equal(problemIn(answer)['type'], 'https://errors.toolbox.example/method-not-allowed');
        assert.match(answer, /\r\nAllow: /);
        assert.doesNotMatch(answer, /hunter2/);
      }
    });

    it('answers a HEAD without a body', async () => {
      const answer = await sendRaw(api.url, rawRequest('HEAD /v1/me', [bearer()]));
      assert.equal(statusOf(answer), 200);
      assert.ok(answer.endsWith('\r\n\r\n'));
    });
  });

  describe('about hosts', () => {
    it('demands one name of HTTP/1.1, and none of HTTP/1.0', async () => {
      const nameless = await sendRaw(api.url, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n');
      assert.equal(statusOf(nameless), 400);
      assert.equal(problemIn(nameless)['status'], 400);
      assert.equal(statusOf(await sendRaw(api.url, 'GET /healthz HTTP/1.0\r\n\r\n')), 200);
      const two = await sendRaw(api.url, rawRequest('GET /healthz', ['Host: elsewhere.example']));
      assert.equal(statusOf(two), 400);
    });

    it('minds no name: nothing in an answer is made of it', async () => {
      for (const host of ['elsewhere.example', 'a b', '[::1', '"><script>', 'elsewhere.example:99999']) {
        const answer = await sendRaw(api.url, `GET /openapi.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
        assert.equal(statusOf(answer), 200, host);
        assert.doesNotMatch(answer, /elsewhere|script>/);
      }
    });
  });

  describe('in headers', () => {
    const decisive = [
      'Authorization: Bearer a.b.c',
      'Content-Type: text/plain',
      'Idempotency-Key: other',
      'If-Match: "2"',
      'Last-Event-ID: 9-final',
      `X-Request-Id: ${nowhere}`,
      'Origin: https://evil.example',
    ];
    for (const header of decisive) {
      const name = header.split(':')[0] ?? '';
      it(`refuses a second ${name}, wherever it stands`, async () => {
        const first = name === 'Authorization' ? bearer() : `${name}: "1"`;
        for (const both of [
          [first, header],
          [header, 'X-Between: 1', first.replace(name, name.toLowerCase())],
        ]) {
          const answer = await sendRaw(api.url, rawRequest('GET /healthz', both));
          assert.equal(statusOf(answer), 400);
          assert.equal(problemIn(answer)['type'], 'https://errors.toolbox.example/repeated-header');
        }
      });
    }

    it('refuses more of them than anybody needs, and one that is too long', async () => {
      const many = Array.from({ length: 1_500 }, (_, at) => `a${at}:`);
      for (const headers of [many, [`X-A: ${'a'.repeat(20_000)}`], [`Authorization: Bearer ${'a'.repeat(20_000)}`]]) {
        const answer = await sendRaw(api.url, rawRequest('GET /healthz', headers));
        assert.equal(statusOf(answer), 431);
        assert.equal(problemIn(answer)['type'], 'https://errors.toolbox.example/headers-too-large');
      }
      const some = Array.from({ length: 90 }, (_, at) => `a${at}: 1`);
      assert.equal(statusOf(await sendRaw(api.url, rawRequest('GET /healthz', some))), 200);
    });

    it('sends the whole of a thing to who asks for a part, and JSON to who asks for something else', async () => {
      const whole = await api.send('/v1/me', { as: 'tenant_admin' });
      for (const headers of [{ range: 'bytes=0-10' }, { accept: 'application/xml' }, { accept: '*/*;q=0' }, { accept: '\u00ff;;;' }]) {
        const { status, type, body } = await api.send('/v1/me', { as: 'tenant_admin', headers });
        assert.deepEqual([status, type, body], [200, 'application/json', whole.body]);
      }
    });

    it('reads no body in another encoding than UTF-8', async () => {
      const send = (raw: Uint8Array<ArrayBuffer>, type: string) =>
        api.send('/v1/auth/token', { method: 'POST', raw, headers: { 'content-type': type } });
      const utf16 = new Uint8Array(Buffer.from('{"email":"a@b.example","password":"x"}', 'utf16le'));
      assert.equal((await send(utf16, 'application/json; charset=utf-16')).status, 400);
      for (const type of ['application/json, text/plain', 'text/json', 'application/jsonp', 'multipart/form-data; boundary=x', 'x'])
        assert.equal((await send(new Uint8Array(Buffer.from('{}')), type)).status, 415, type);
    });
  });

  describe('in bodies', () => {
    it('refuses at once what says that it is too large, and as soon as it is what does not say', async () => {
      const declared = await sendRaw(api.url, signIn([`Content-Length: ${bodyLimitBytes + 1}`], '{'));
      assert.equal(statusOf(declared), 413);
      const huge = await sendRaw(api.url, signIn(['Content-Length: 99999999999999'], '{'));
      assert.equal(statusOf(huge), 413);
      const chunk = `${(bodyLimitBytes + 1).toString(16)}\r\n${' '.repeat(bodyLimitBytes + 1)}\r\n`;
      const chunked = await sendRaw(api.url, signIn(['Transfer-Encoding: chunked'], chunk));
      assert.deepEqual([statusOf(chunked), problemIn(chunked)['limitBytes']], [413, bodyLimitBytes]);
    });

    it('refuses depth in bounded time, in objects as in lists', async () => {
      for (const raw of ['['.repeat(500_000), '{"a":'.repeat(150_000), `{"email":${'['.repeat(200_000)}${']'.repeat(200_000)}}`]) {
        const { status } = await api.send('/v1/auth/token', { method: 'POST', raw, headers: { 'content-type': 'application/json' } });
        assert.equal(status, 400);
      }
    });

    it('reads the last of two keys of one name, as every parser of ours does', async () => {
      const raw = '{"email":"a@b.example","password":"x","email":"\\u0000"}';
      const { status } = await api.send('/v1/auth/token', { method: 'POST', raw, headers: { 'content-type': 'application/json' } });
      assert.equal(status, 400);
    });

    it('lets nobody reach a prototype, however deep the key and whichever way it is written', async () => {
      const send = (raw: string) =>
        api.send('/codec/encode', { as: 'ops', method: 'POST', raw, headers: { 'content-type': 'application/json' } });
      for (const key of ['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])
        assert.equal((await send(`{"payloads":[{"metadata":{"${key}":"eA=="}}]}`)).status, 400, key);
      assert.equal((await send('{"payloads":[{"metadata":{"toString":"eA=="},"data":"eA=="}]}')).status, 200);
      for (const query of ['__proto__[admin]=1', 'constructor=1', 'constructor[prototype][admin]=1', '__proto__.admin=1'])
        assert.equal((await api.send(`/v1/people?${query}`, { as: 'tenant_admin' })).status, 422, query);
      assert.equal((await api.send('/v1/people', { as: 'tenant_admin' })).status, 200);
    });

    it('invites a body only when it wants it', async () => {
      const expecting = ['Expect: 100-continue', 'Content-Type: application/json', 'Content-Length: 2'];
      const stranger = await sendRaw(api.url, rawRequest('POST /codec/decode', expecting));
      assert.deepEqual(statusesOf(stranger), [401]);
      const large = await sendRaw(api.url, signIn(['Expect: 100-continue', `Content-Length: ${bodyLimitBytes + 1}`]));
      assert.deepEqual(statusesOf(large), [413]);
      const zip = ['Expect: 100-continue', 'Content-Type: application/zip', `Content-Length: ${2 ** 30}`, admin()];
      assert.deepEqual(statusesOf(await sendRaw(api.url, rawRequest('POST /v1/uploads', zip))), [413]);
      const wanted = await sendRaw(api.url, rawRequest('POST /v1/auth/token', expecting, '{}'));
      assert.deepEqual(statusesOf(wanted), [100, 422]);
      const upload = ['Expect: 100-continue', 'Content-Type: application/zip', 'Content-Length: 9', admin()];
      assert.deepEqual(statusesOf(await sendRaw(api.url, rawRequest('POST /v1/uploads', upload, 'no zip at'))), [100, 422]);
    });
  });

  describe('that comes slowly, or too much', () => {
    let url: string;
    let close: () => void;
    before(async () => {
      const limits = { headersMs: 200, requestMs: 60_000, checkEveryMs: 50, unreadMs: 100 };
      const server = createHttpServer(createApp({ ...api.deps, bodyWithinMs: 200 }).callback(), limits);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      close = () => {
        server.close();
        server.closeAllConnections();
      };
    });
    after(() => close());

    it('waits for headers so long and no longer, and says so', async () => {
      const answer = await sendRaw(url, 'GET /healthz HTTP/1.1\r\nHost: api.test\r\nX-A: ');
      assert.equal(statusOf(answer), 408);
      assert.equal(problemIn(answer)['type'], 'https://errors.toolbox.example/request-too-slow');
    });

    it('waits for a body so long and no longer, and says so', async () => {
      const start = ['POST /v1/auth/token HTTP/1.1', 'Host: api.test', 'Content-Type: application/json', 'Content-Length: 100', '', '{'];
      const answer = await sendRaw(url, start.join('\r\n'));
      assert.equal(statusOf(answer), 408);
      assert.match(String(problemIn(answer)['type']), /body-too-slow/);
    });

    it('reads what nobody asked for only so long, whether it is refused or ignored', async () => {
      const endless = ['Host: api.test', 'Content-Length: 99999999', '', 'x'].join('\r\n');
      assert.deepEqual(statusesOf(await sendRaw(url, `POST /v1/auth/logout HTTP/1.1\r\n${endless}`)), [401]);
      assert.deepEqual(statusesOf(await sendRaw(url, `GET /healthz HTTP/1.1\r\n${endless}`)), [200]);
    });
  });
});
