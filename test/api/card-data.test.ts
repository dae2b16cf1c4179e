import assert from 'node:assert/strict';
import { createApp } from '../../api/app.ts';
import type { Route } from '../../api/support/route.ts';
import { roles } from '../../domain/roles.ts';
import { createLogger } from '../../platform/logger.ts';
import { useApi } from '../support/api.ts';
import { serveHttp, type Answer, type Request } from '../support/http.ts';
import { bodyFor, pathOf, requestFor } from '../support/samples.ts';

const card = '4242424242424242';
const spelled = [card, '4242 4242 4242 4242', `please charge ${card}, thanks`];
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** Every place of a body that holds a value, with that value replaced. */
function* replaced(value: unknown, by: unknown): Generator {
  if (typeof value !== 'object' || value === null) return void (yield by);
  for (const key of Object.keys(value))
    for (const part of replaced((value as Record<string, unknown>)[key], by))
      yield Array.isArray(value) ? [part] : { ...value, [key]: part };
}

describe('card data', function () {
  this.timeout(120_000);
  const lines: string[] = [];
  const api = useApi(() => ({
    log: createLogger({ level: 'debug', service: 'test', destination: { write: (line) => void lines.push(line) } }),
  }));
  const opener = ({ access }: Route): { as?: (typeof roles)[number] } => {
    if (access === 'public') return {};
    if (access === 'signed-in') return { as: 'tenant_admin' };
    const as = roles.find((role) => api.deps.policies.can({ role, tenantId: api.member(role).tenantId }, access.object, access.action));
    return as ? { as } : {};
  };
  const refused = (answer: Answer, what: string): void => {
    assert.equal(answer.status, 400, what);
    assert.equal(answer.body['type'], 'https://errors.toolbox.example/card-data-refused', what);
    const told = JSON.stringify(answer.body) + JSON.stringify([...answer.headers]);
    assert.ok(!/4242 ?4242/.test(told), `${what} says it again`);
  };
  const send = (route: Route, request: Request, path = pathOf(route)) => api.send(path, { ...request, ...opener(route) });

  it('is refused in every field of every body, and as a field of its own', async () => {
    let asked = 0;
    for (const route of api.routes.filter(({ body, form }) => body ?? form)) {
      const sample = bodyFor(route) ?? {};
      const bodies = [...spelled.flatMap((text) => [...replaced(sample, text)]), { ...sample, pan: card }, { ...sample, [card]: 'x' }];
      for (const body of bodies) {
        refused(await send(route, requestFor(route, body)), `${nameOf(route)} with ${JSON.stringify(body)}`);
        asked += 1;
      }
      if (!route.body) continue;
      for (const raw of [`{"n":${card}}`, `{"n":[[{"m":4000160000000000002}]]}`, `{"n":"\\u0034242424242424242"}`]) {
        const headers = { ...requestFor(route).headers, 'content-type': 'application/json' };
        refused(await send(route, { method: route.method.toUpperCase(), raw, headers }), `${nameOf(route)} with ${raw}`);
      }
    }
    assert.ok(asked > 150, `${asked} requests`);
  });

  it('is refused in the query of every route, declared or not, and in a path or a key that names a request', async () => {
    for (const route of api.routes) {
      const names = ['anything', ...Object.keys((route.query as { shape?: object } | undefined)?.shape ?? {})];
      for (const name of names) {
        const request = requestFor(route);
        refused(await send(route, request, `${pathOf(route)}?${name}=${card}`), `${nameOf(route)}?${name}`);
        refused(await send(route, request, `${pathOf(route)}?${name}=4242+4242+4242+4242`), `${nameOf(route)}?${name}`);
      }
      if (route.path.includes('{')) refused(await send(route, requestFor(route), route.path.replaceAll(/\{\w+\}/g, card)), nameOf(route));
      if (route.headers) {
        const request = requestFor(route);
        refused(await send(route, { ...request, headers: { ...request.headers, 'idempotency-key': card } }), `the key of ${nameOf(route)}`);
      }
    }
  });

  it('comes into no line of the log', () => {
    assert.ok(lines.length > 500, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => /4242 ?4242/.test(line)),
      [],
    );
  });

  it('that some code of ours were to log is not written either', async () => {
    lines.length = 0;
    api.deps.log.warn({ reason: `the bank said ${card}`, count: Number(card), err: new Error(card) }, `it failed: ${card}`);
    const server = await serveHttp(createApp(api.deps, []).callback());
    await server.close();
    assert.match(lines.join(''), /"reason":"\[card number\]","count":"\[card number\]"/);
    assert.ok(!lines.join('').includes(card));
  });
});
