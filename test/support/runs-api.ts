import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createRunActivities } from '../../activities/run.ts';
import { createApp } from '../../api/app.ts';
import { processRoutes } from '../../api/routes/processes.ts';
import { runRoutes } from '../../api/routes/runs.ts';
import { openApiDocument } from '../../api/support/openapi.ts';
import type { Route } from '../../api/support/route.ts';
import type { TaskQueue } from '../../domain/task-queues.ts';
import type { Role } from '../../domain/roles.ts';
import { runHintChannel } from '../../domain/run.ts';
import { openRedis } from '../../platform/redis.ts';
import { createRunHintFeed, createRunNotifier } from '../../platform/run-hints.ts';
import { openTemporal, type Temporal } from '../../platform/temporal.ts';
import { defineProcess, type Process } from '../../processes/support/define.ts';
import { registryOf } from '../../processes/support/registry.ts';
import { runEventSinks } from '../../workers/sinks.ts';
import { createWorld } from '../workflows/support/world.ts';
import { quietLog, useApi, type TestApi } from './api.ts';
import { type Answer, methodOf, type Request, serveHttp } from './http.ts';
import { answerChecker, type Document } from './openapi.ts';
import { testCodec } from './payload-codec.ts';
import { servers } from './servers.ts';
import { createWorker, temporalSettings } from './temporal.ts';

type Send = (path: string, request?: Request & { readonly as?: Role; readonly school?: 0 | 1 }) => Promise<Answer>;

export interface RunsApi extends TestApi {
  /** The whole API, beside the one of the fixtures. */
  readonly base: TestApi;
  readonly temporal: Temporal;
  readonly taskQueue: string;
  readonly world: ReturnType<typeof createWorld>;
  readonly routes: readonly Route[];
  /** The same API with a Temporal that cannot be reached. */
  readonly sendWithoutTemporal: Send;
  /** How many listen to a run's hints, as Redis counts them. */
  subscribers(runId: string): Promise<number>;
  /** Runs a worker for as long as `test` takes. */
  withWorker<T>(test: () => Promise<T>): Promise<T>;
}

const platform = { object: 'school', action: 'onboard' };
const school = { object: 'settings', action: 'update' };

/** Processes over the fixtures' workflows; their work waits on a queue of the suite's own. */
function fixtureProcesses(taskQueue: TaskQueue): Process[] {
  const common = { description: 'Of the tests.', taskQueue, conflict: 'refuse' } as const;
  const keyed = { key: z.string().regex(/^[a-z0-9-]+$/) };
  const script = z.strictObject({
    ...keyed,
    steps: z.array(z.string()).default(['one', 'two']),
    bugBefore: z.string().optional(),
    contact: z.strictObject({ name: z.string().meta({ pii: 'name' }), note: z.string() }).optional(),
  });
  const scripted = {
    ...common,
    title: 'Scripted',
    workflow: 'scriptedFixture',
    input: script,
    permission: platform,
    scope: 'platform',
  } as const;
  return [
    defineProcess({ ...scripted, name: 'run-script', businessKey: ({ key }) => key }),
    defineProcess({ ...scripted, name: 'join-script', conflict: 'use-existing', businessKey: ({ key }) => key }),
    defineProcess({
      ...common,
      name: 'dun-school',
      title: 'Dun',
      workflow: 'askingFixture',
      input: z.strictObject(keyed),
      permission: school,
      cancel: platform,
      scope: 'tenant',
      businessKey: ({ key }) => key,
    }),
    defineProcess({
      ...common,
      name: 'ask-school',
      title: 'Ask',
      workflow: 'askingFixture',
      input: z.strictObject(keyed),
      permission: school,
      scope: 'tenant',
      businessKey: ({ key }, tenantId) => `${tenantId}:${key}`,
      messages: {
        decide: { kind: 'update', title: 'Decide', input: z.strictObject({ verdict: z.string() }), permission: school },
        remark: { kind: 'signal', input: z.strictObject({ text: z.string().max(20) }), permission: { object: 'run', action: 'read' } },
      },
    }),
  ];
}

/** The runs API over fixture processes, on real servers, and a worker when a test wants one. */
export function useRunsApi(behaviours: Parameters<typeof createWorld>[0] = {}): RunsApi {
  const base = useApi();
  const api = Object.create(base) as RunsApi;
  const closers: (() => unknown)[] = [];

  before(async function () {
    this.timeout(60_000);
    const taskQueue = randomUUID();
    const processes = registryOf(fixtureProcesses(taskQueue as TaskQueue));
    const temporal = openTemporal(temporalSettings(), { codec: testCodec });
    const away = openTemporal({ ...temporalSettings(), connectionOptions: { address: '127.0.0.1:9' } }, { codec: testCodec });
    const [redis, subscriber] = [openRedis(servers().redis, quietLog), openRedis(servers().redis, quietLog)];
    const { main: knex, keyring, databases } = base;
    const deps = {
      knex,
      keyring,
      processes,
      identity: base.identity,
      log: quietLog,
      hints: createRunHintFeed({ redis: subscriber, logger: quietLog }),
    };
    const routesWith = (reached: Temporal): Route[] => [
      ...processRoutes({ ...deps, temporal: reached }),
      ...runRoutes({ ...deps, temporal: reached }),
    ];
    const serve = async (routes: readonly Route[]): Promise<Send & { url: string }> => {
      const server = await serveHttp(createApp(base.deps, routes).callback());
      closers.unshift(() => server.close());
      const check = answerChecker(openApiDocument(routes, { version: 'test' }) as unknown as Document);
      const send: Send = async (path, { as, school: where, ...request } = {}) => {
        const answer = await server.send(path, as ? { token: base.member(as, where).accessToken, ...request } : request);
        check(methodOf(request), path, answer);
        return answer;
      };
      return Object.assign(send, { url: server.url });
    };
    const routes = routesWith(temporal);
    const [send, sendWithoutTemporal] = [await serve(routes), await serve(routesWith(away))];
    const hints = createRunNotifier({ redis, logger: quietLog });
    const world = createWorld(behaviours);
    const withWorker: RunsApi['withWorker'] = async (test) => {
      const activities = { ...world.options.activities, ...createRunActivities({ knex: databases.main, hints }) };
      const { worker } = await createWorker({ taskQueue, activities, sinks: runEventSinks(hints) });
      return await worker.runUntil(test);
    };
    closers.push(
      () => hints.drained(),
      () => redis.disconnect(),
      () => subscriber.disconnect(),
      () => temporal.close(),
      () => away.close(),
    );
    const subscribers: RunsApi['subscribers'] = async (runId) => Number((await redis.pubsub('NUMSUB', runHintChannel(runId)))[1]);
    Object.assign(api, { base, subscribers, temporal, taskQueue, world, routes, send, url: send.url, sendWithoutTemporal, withWorker });
  });
  after(async () => {
    for (const close of closers) await close();
  });
  return api;
}
