import { Context } from '@temporalio/activity';

/** What a long activity says of itself: where to resume, and words for people without personal data. */
export interface Beat<Position> {
  readonly position: Position;
  readonly detail?: string;
}

/** Where the last attempt stood, or undefined on the first. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows what its earlier attempts wrote
export const resumeFrom = <Position>(): Position | undefined =>
  (Context.current().info.heartbeatDetails as Beat<Position> | undefined)?.position;

/** Reports progress, resumably. Throws when the run was cancelled or the worker is going away: call it between pieces of work. */
export function beat<Position>(progress: Beat<Position>): void {
  const context = Context.current();
  context.heartbeat(progress);
  context.cancellationSignal.throwIfAborted();
}
