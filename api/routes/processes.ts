import { z } from 'zod';
import type { Process } from '../../processes/support/define.ts';
import type { Processes } from '../../processes/support/registry.ts';
import { presentReference, RunReference } from '../presenters/run.ts';
import { idempotencyHeader } from '../support/idempotency.ts';
import { inSchool, tenantIdOfSchool } from '../support/of-school.ts';
import { reply, route, type Route } from '../support/route.ts';
import { createStarter, mayRunHere, type StartDeps, type Starter } from '../support/run-start.ts';

export interface ProcessRoutesDeps extends StartDeps {
  readonly processes: Processes;
}

const ProcessResource = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string(),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the input; `pii` marks personal data'),
    href: z.string().describe('Where to POST the input'),
  })
  .meta({ id: 'Process' });

const hrefOf = ({ name }: Process): string => `/v1/processes/${name}/runs`;
const present = (process: Process): z.input<typeof ProcessResource> => ({
  name: process.name,
  title: process.title,
  description: process.description,
  schema: z.toJSONSchema(process.input, { io: 'input' }) as Record<string, unknown>,
  href: hrefOf(process),
});

export const processRoutes = (deps: ProcessRoutesDeps): Route[] => [
  route({
    method: 'get',
    path: '/v1/processes',
    access: 'signed-in',
    summary: 'The processes the caller may start',
    responses: { 200: z.object({ items: z.array(ProcessResource) }) },
    handler: async ({ caller, can }) => {
      const startable = deps.processes.all.filter(
        (process) => mayRunHere(process, caller) && can(process.permission.object, process.permission.action),
      );
      return reply(200, { items: startable.map(present) });
    },
  }),
  ...startRoutes(deps),
];

function startRoutes(deps: ProcessRoutesDeps): Route[] {
  const start = createStarter(deps);
  return deps.processes.all.map((process) => startRoute({ ...deps, start }, process));
}

/** A route of its own for each process: its input, permission and document follow from the declaration alone. */
const startRoute = ({ start, knex }: StartDeps & { readonly start: Starter }, process: Process): Route =>
  route({
    method: 'post',
    path: hrefOf(process),
    access: process.permission,
    summary: `${process.title}: starts a run`,
    body: process.input,
    ...(process.paying ? { paying: true } : {}),
    headers: idempotencyHeader,
    query: z.strictObject(process.staffToo ? { tenantId: tenantIdOfSchool.optional() } : {}),
    responses: { 202: RunReference },
    problems: process.staffToo ? [404, 409] : [409],
    handler: async ({ caller: asking, query, body, headers, requestId }) => {
      const { tenantId } = query as { tenantId?: string };
      const caller = tenantId === undefined ? asking : await inSchool(knex, asking, tenantId);
      const run = await start({ process, caller, requestId, input: body, idempotencyKey: headers['idempotency-key'] });
      const reference = presentReference(run);
      return reply(202, reference, { Location: reference.links.self });
    },
  });
