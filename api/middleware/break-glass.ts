import { ForbiddenError } from '../../domain/errors.ts';
import type { BreakGlass } from '../../platform/identity/break-glass.ts';
import { isId } from '../../platform/ids.ts';
import type { Caller } from '../support/caller.ts';
import type { Context, Route } from '../support/route.ts';

/** Who is in a school by break-glass reads, and does nothing else but leave. Each look is written down before it is answered, or refused. */
export async function lookByBreakGlass(
  use: BreakGlass['use'],
  { method, access, leaves }: Route,
  caller: Caller,
  ctx: Context,
): Promise<void> {
  if (leaves) return;
  if (method !== 'get') throw new ForbiddenError('change', 'anything by break-glass');
  const { id } = (ctx as unknown as { params: Readonly<Record<string, string>> }).params;
  const object = typeof access === 'object' ? access.object : 'account';
  await use(caller, { object, id: id !== undefined && isId(id) ? id : null }, ctx.state.requestId);
}
