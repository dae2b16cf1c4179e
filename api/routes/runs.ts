import { z } from 'zod';
import { ForbiddenError } from '../../domain/errors.ts';
import { runStatuses } from '../../domain/run.ts';
import type { Identity } from '../../platform/identity.ts';
import type { Logger } from '../../platform/logger.ts';
import { Run } from '../../platform/models/run.ts';
import type { RunHintFeed } from '../../platform/run-hints.ts';
import { messageOf, type Permission } from '../../processes/support/define.ts';
import { demandPaid } from '../middleware/access-level.ts';
import { parse } from '../middleware/guards.ts';
import { presentRun, presentSummary, RunResource, RunSummary } from '../presenters/run.ts';
import type { Caller } from '../support/caller.ts';
import { found } from '../support/find.ts';
import { idempotencyHeader } from '../support/idempotency.ts';
import { tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { handled, type Method, noContent, reply, route, type Route } from '../support/route.ts';
import { cancelRun, sendMessage } from '../support/run-messages.ts';
import { findRow, readRow } from '../support/run-records.ts';
import { hasHeardTheEnd, streamRun } from '../support/run-stream.ts';
import { type MayDo, readRun, refreshRows, type ViewDeps } from '../support/run-view.ts';

export interface RunRoutesDeps extends ViewDeps {
  readonly identity: Pick<Identity, 'confirm'>;
  readonly hints: RunHintFeed;
  readonly log: Logger;
  /** Where people look at runs, for links. */
  readonly temporalUiUrl?: string | undefined;
}

const byId = z.object({ id: z.uuid() });
const read = { object: 'run', action: 'read' } as const;

export const runRoutes = (deps: RunRoutesDeps): Route[] => [
  listRoute(deps),
  readRoute(deps),
  eventsRoute(deps),
  cancelRoute(deps),
  messageRoute(deps),
];

const uiOf = ({ temporalUiUrl, temporal }: RunRoutesDeps, { workflow_id }: Run): string | undefined =>
  temporalUiUrl && `${temporalUiUrl}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(workflow_id)}`;

/** A run of billing is looked at, and told what to do, whatever the school owes; any other is not. */
function demandPaidFor({ processes }: RunRoutesDeps, { process }: Run, caller: Caller, method: Method): void {
  if (!processes.find(process)?.paying) demandPaid(caller, method);
}

const cancelling = { object: 'run', action: 'cancel' } as const;
const ofWhom = z.strictObject({ tenantId: tenantIdOfSchool.optional() });

/** The run that is spoken to: of one's own tenant, or of whatever school the platform's staff says. */
const readSpokenTo = async (deps: RunRoutesDeps, caller: Caller, id: string, tenantId?: string): Promise<Run> =>
  readRow(deps, tenantSpokenOf(caller, tenantId, 'run'), id);

/** What it takes to cancel a run, besides what every run takes. */
const cancelOf = ({ processes }: RunRoutesDeps, { process }: Run): Permission => processes.find(process)?.cancel ?? cancelling;

async function view(deps: RunRoutesDeps, row: Run, can: MayDo): Promise<z.input<typeof RunResource>> {
  const { object, action } = cancelOf(deps, row);
  const mayCancel = can(cancelling.object, cancelling.action) && can(object, action);
  return presentRun(await readRun(deps, row, can), mayCancel, uiOf(deps, row));
}

const listRoute = (deps: RunRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/runs',
    access: { object: 'run', action: 'list' },
    summary: 'Runs, newest first',
    query: z.strictObject({ process: z.string().max(100).optional(), status: z.enum(runStatuses).optional(), ...paging }),
    responses: { 200: pageOf(RunSummary) },
    handler: async ({ caller, query: { process, status, limit, cursor }, read }) => {
      const before = positionOf(cursor, idPosition);
      const rows = await read(async (trx) => {
        const query = Run.query(trx)
          .where({ tenant_id: caller.tenantId })
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (process) query.where({ process });
        if (status) query.where({ status });
        if (before) query.where('id', '<', before);
        return await query;
      });
      const fresh = await refreshRows(deps, rows);
      return reply(
        200,
        page(fresh, limit, ({ id }) => id, presentSummary),
      );
    },
  });

const readRoute = (deps: RunRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/runs/{id}',
    access: read,
    paying: true,
    summary: 'A run: its steps, its end, and what it takes now',
    params: byId,
    responses: { 200: RunResource },
    problems: [402],
    handler: async ({ caller, params: { id }, can, read }) => {
      const row = await read((trx) => findRow(trx, caller.tenantId, id));
      demandPaidFor(deps, row, caller, 'get');
      return reply(200, await view(deps, row, can));
    },
  });

const eventsRoute = (deps: RunRoutesDeps): Route =>
  route({
    method: 'get',
    path: '/v1/runs/{id}/events',
    access: read,
    paying: true,
    summary: 'The run as server-sent events: the whole of it now and after each change, until it ends',
    params: byId,
    responses: { 200: { mediaType: 'text/event-stream', description: 'Events named `run`; their data is a Run' }, 204: noContent },
    problems: [402],
    handler: async ({ caller, params: { id }, can, ctx }) => {
      const find = (): Promise<Run> => readRow(deps, caller.tenantId, id);
      const row = await find();
      demandPaidFor(deps, row, caller, 'get');
      const again = async (): Promise<z.input<typeof RunResource>> => {
        await deps.identity.confirm(caller); // who was let in when the stream began may have no right to look any more
        return view(deps, await find(), can);
      };
      const first = await view(deps, row, can);
      const isFinal = ({ status }: z.input<typeof RunResource>): boolean => status !== 'running';
      if (isFinal(first) && hasHeardTheEnd(ctx)) return reply(204);
      await streamRun(ctx, { ...deps, runId: id, first, read: again, isFinal, until: caller.tokenExpiresAt });
      return handled;
    },
  });

const cancelRoute = (deps: RunRoutesDeps): Route =>
  route({
    method: 'post',
    path: '/v1/runs/{id}/cancel',
    access: cancelling,
    summary: 'Asks a run to stop and to undo what it did',
    params: byId,
    query: ofWhom,
    responses: { 202: z.object({ id: z.uuid() }) },
    problems: [409],
    handler: async ({ caller, can, params: { id }, query: { tenantId }, requestId }) => {
      const row = await readSpokenTo(deps, caller, id, tenantId);
      const { object, action } = cancelOf(deps, row);
      if (!can(object, action)) throw new ForbiddenError(action, object);
      const by = deps.processes.find(row.process)?.cancelBy;
      if (by === undefined) await cancelRun(deps, row, { caller, requestId });
      else await sendMessage(deps, row, { name: by, kind: 'update', body: { by: caller.accountId } }, { caller, requestId });
      return reply(202, { id });
    },
  });

/** Which body a message has, and who may send it, is the process's to say: the run tells (`takes`). */
const messageRoute = (deps: RunRoutesDeps): Route =>
  route({
    method: 'post',
    path: '/v1/runs/{id}/messages/{name}',
    access: 'signed-in',
    paying: true,
    summary: 'Sends a run one of the messages it takes',
    params: z.object({ id: z.uuid(), name: z.string().max(100) }),
    query: ofWhom,
    headers: idempotencyHeader,
    body: z.record(z.string(), z.unknown()),
    responses: { 200: z.object({ result: z.unknown() }), 202: z.object({ id: z.uuid() }) },
    problems: [402, 409],
    handler: async ({ caller, can, params: { id, name }, query: { tenantId }, headers, body, requestId }) => {
      const row = await readSpokenTo(deps, caller, id, tenantId);
      const process = deps.processes.find(row.process);
      const message = found(process && messageOf(process, name), 'message');
      const { object, action } = message.permission;
      if (!can(object, action)) throw new ForbiddenError(action, object);
      demandPaidFor(deps, row, caller, 'post');
      const said = { ...parse(message.input, body), ...(message.signed ? { by: caller.accountId } : {}) };
      const sent = { name, kind: message.kind, body: said, idempotencyKey: headers['idempotency-key'] };
      const result = await sendMessage(deps, row, sent, { caller, requestId });
      return message.kind === 'update' ? reply(200, { result }) : reply(202, { id });
    },
  });
