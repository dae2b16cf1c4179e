import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { createApp } from '../../../api/app.ts';
import { bodyLimitBytes } from '../../../api/middleware/body.ts';
import type { Caller } from '../../../api/support/caller.ts';
import { reply, route, type Route } from '../../../api/support/route.ts';
import { UnauthenticatedError, UnavailableError } from '../../../domain/errors.ts';
import { createLogger } from '../../../platform/logger.ts';
import { loadPolicies } from '../../../policies/index.ts';
import { type HttpServer, serveHttp } from '../../support/http.ts';
import { until } from '../../support/until.ts';

const Echo = z.strictObject({ name: z.string().min(2), count: z.number().int(), deep: z.unknown().optional() });
const ids = { accountId: 'a', membershipId: 'm', sessionId: 's', tokenId: 't', tenantId: '0190d1a0-0000-7000-8000-000000000001' };
const caller: Caller = { ...ids, role: 'teacher', accessLevel: 'full', tokenExpiresAt: new Date() };

const fail = (method: 'get', path: string, error: Error): Route =>
  route({
    method,
    path,
    access: 'public',
    summary: path,
    responses: { 200: z.unknown() },
    handler: async () => {
      throw error;
    },
  });

const routes: Route[] = [
  route({
    method: 'post',
    path: '/echo/{id}',
    access: 'public',
    summary: 'Echo',
    params: z.object({ id: z.uuid() }),
    query: z.object({ limit: z.coerce.number().max(3).optional() }),
    body: Echo,
    responses: { 200: z.unknown() },
    handler: async ({ body, params }) => reply(200, { ...params, ...body }),
  }),
  route({
    method: 'post',
    path: '/form',
    access: 'public',
    summary: 'Form',
    form: z.strictObject({ a: z.string() }),
    responses: { 200: z.unknown() },
    handler: async ({ form }) => reply(200, form),
  }),
  route({
    method: 'get',
    path: '/own',
    access: { object: 'tenant', action: 'read' },
    summary: 'Own',
    responses: { 200: z.unknown() },
    handler: async ({ caller: { tenantId }, can }) => reply(200, { tenantId, suspend: can('tenant', 'suspend') }),
  }),
  route({
    method: 'put',
    path: '/versioned',
    access: 'public',
    summary: 'Versioned',
    ifMatch: true,
    responses: { 200: z.unknown() },
    handler: async ({ version }) => reply(200, { version }),
  }),
  fail('get', '/broken', new Error('password=hunter2 of ada@example.com')),
  fail('get', '/away', new UnavailableError('Temporal', 7)),
  fail('get', '/refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
];
const id = '0190d1a0-0000-7000-8000-0000000000aa';
const good = { name: 'Ada', count: 1 };

describe('the way of a request', () => {
  let server: HttpServer;
  const lines: string[] = [];
  const logged = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  before(async () => {
    const destination = new PassThrough().on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')));
    const deps = {
      log: createLogger({ level: 'info', service: 'api', destination }),
      metrics: { observe: () => undefined },
      policies: await loadPolicies(),
      identity: {
        authenticate: async (token: string) => {
          if (token !== 'good') throw new UnauthenticatedError();
          return caller;
        },
        breakGlass: { use: async () => undefined },
      },
      limits: { policies: '', take: async () => undefined },
      checks: {},
      publicJwks: async () => ({ keys: [] }),
    };
    server = await serveHttp(createApp(deps as never, routes).callback());
  });
  after(() => server.close());
  beforeEach(() => void lines.splice(0));

  const refusals = [
    ['text that is not JSON', { raw: '{"name":', headers: { 'content-type': 'application/json' } }, 400, 'malformed-body'],
    [
      'bytes that are not UTF-8',
      { raw: new Uint8Array([0x22, 0xff, 0x22]), headers: { 'content-type': 'application/json' } },
      400,
      'malformed-body',
    ],
    [
      'a body nested too deeply',
      { raw: `${'{"deep":'.repeat(40)}1${'}'.repeat(40)}`, headers: { 'content-type': 'application/json' } },
      400,
      'malformed-body',
    ],
    [
      '100,000 open brackets',
      { raw: '['.repeat(100_000) + ']'.repeat(100_000), headers: { 'content-type': 'application/json' } },
      400,
      'malformed-body',
    ],
    [
      'a key that reaches the prototype',
      { raw: '{"name":"Ada","count":1,"__proto__":{"admin":true}}', headers: { 'content-type': 'application/json' } },
      400,
      'malformed-body',
    ],
    ['another media type', { raw: 'name=Ada', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported-media-type'],
    [
      'a compressed body',
      { raw: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      415,
      'unsupported-media-type',
    ],
    [
      'a body over the limit',
      { raw: `"${'x'.repeat(bodyLimitBytes)}"`, headers: { 'content-type': 'application/json' } },
      413,
      'payload-too-large',
    ],
    ['no body', { method: 'POST' }, 422, 'invalid-input'],
  ] as const;
  for (const [title, request, status, code] of refusals) {
    it(`refuses ${title} with a problem`, async () => {
      const answer = await server.send(`/echo/${id}`, request);
      assert.deepEqual(
        [answer.status, answer.type, answer.body['type']],
        [status, 'application/problem+json', `https://errors.toolbox.example/${code}`],
      );
      assert.equal(answer.body['status'], status);
    });
  }

  it('refuses a streamed body once it is over the limit, before its end', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(32)), // never ends by itself
    });
    const init = { method: 'POST', body: stream, duplex: 'half' as const, headers: { 'content-type': 'application/json' } };
    const response = await fetch(`${server.url}/echo/${id}`, init);
    assert.equal(response.status, 413);
    assert.equal(response.headers.get('connection'), 'close');
  });

  it('names every issue at once, of the query and of the body', async () => {
    const { status, body } = await server.send(`/echo/${id}?limit=9`, { body: { name: 'A', count: 1.5, extra: true } });
    assert.equal(status, 422);
    const paths = (body['issues'] as unknown as { path: string }[]).map(({ path }) => path);
    assert.deepEqual(paths.sort(), ['', 'count', 'name', 'query.limit']);
  });

  it('answers a valid body', async () => {
    const { status, body } = await server.send(`/echo/${id}`, { body: good });
    assert.deepEqual([status, body], [200, { id, ...good }]);
  });

  it('reads a form where a form is declared, and only a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.deepEqual((await server.send('/form', { raw: 'a=b%20c', headers })).body, { a: 'b c' });
    assert.equal((await server.send('/form', { body: { a: 'b' } })).status, 415);
  });

  it('takes an id that is none for a thing that is not there', async () => {
    const { status, body } = await server.send('/echo/1%27--', { body: good });
    assert.deepEqual([status, body['type']], [404, 'https://errors.toolbox.example/not-found']);
  });

  it('answers what is not there, and methods a resource does not take, with a problem', async () => {
    assert.deepEqual([(await server.send('/nowhere')).status, (await server.send('/%E0%A4%A')).status], [404, 404]);
    const answer = await server.send(`/echo/${id}`, { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.headers.get('allow'), answer.type], [405, 'POST', 'application/problem+json']);
  });

  it('asks for a token, refuses a bad one, and acts in the tenant of a good one', async () => {
    const stranger = await server.send('/own');
    assert.deepEqual([stranger.status, stranger.headers.get('www-authenticate')], [401, 'Bearer']);
    assert.equal((await server.send('/own', { token: 'bad' })).status, 401);
    assert.deepEqual((await server.send('/own', { token: 'good' })).body, { tenantId: caller.tenantId, suspend: false });
  });

  it('demands the version the client read', async () => {
    const put = (ifMatch?: string) =>
      server.send('/versioned', { method: 'PUT', ...(ifMatch ? { headers: { 'if-match': ifMatch } } : {}) });
    const answers = [await put(), await put('*'), await put('W/"3"'), await put('nonsense'), await put('"3"')];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [428, 428, 412, 412, 200],
    );
    assert.equal(answers[4]?.body['version'], 3);
  });

  it('describes no unknown error, neither to the client nor in the log', async () => {
    const { status, body } = await server.send('/broken');
    assert.deepEqual([status, body['type']], [500, 'https://errors.toolbox.example/internal']);
    assert.doesNotMatch(JSON.stringify(body) + lines.join(''), /hunter2|ada@/);
    assert.ok(logged().some(({ message, code, route: of }) => message === 'request failed' && code === 'internal' && of === '/broken'));
  });

  it('says when to come back while a part is away', async () => {
    const away = await server.send('/away');
    assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '7']);
    const refused = await server.send('/refused');
    assert.deepEqual(
      [refused.status, refused.headers.get('retry-after'), refused.body['type']],
      [503, '5', 'https://errors.toolbox.example/unavailable'],
    );
  });

  it('keeps a request id that is a UUID, makes one otherwise, and names it in the problem', async () => {
    const sent = await server.send('/nowhere', { headers: { 'x-request-id': id } });
    assert.deepEqual([sent.headers.get('x-request-id'), sent.body['instance']], [id, `/requests/${id}`]);
    const made = await server.send('/nowhere', { headers: { 'x-request-id': 'ada@example.com' } });
    assert.match(made.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
  });

  it('logs one line a request: the declared route and ids, never the path', async () => {
    const own = { 'x-request-id': id };
    await server.send(`/echo/${id}?name=ada`, { body: good, headers: own });
    await server.send('/ada@example.com', { headers: own });
    const mine = (): Record<string, unknown>[] => logged().filter(({ message, requestId }) => message === 'request' && requestId === id);
    await until(() => mine().length === 2);
    const requests = mine();
    assert.deepEqual(
      requests.map(({ route: of, status, method }) => [method, of, status]),
      [
        ['POST', '/echo/{id}', 200],
        ['GET', 'unmatched', 404],
      ],
    );
    assert.doesNotMatch(JSON.stringify(requests.map((line) => ({ ...line, requestId: '' }))), /ada@|name=|000000aa/);
  });

  it('forbids caching, framing and sniffing of answers', async () => {
    const { headers } = await server.send('/own', { token: 'good' });
    assert.deepEqual(
      ['cache-control', 'x-frame-options', 'x-content-type-options'].map((name) => headers.get(name)),
      ['no-store', 'DENY', 'nosniff'],
    );
  });
});
