import type { Context, Part, Up } from './part.ts';
import type { Supervisor } from './supervisor.ts';

/** Brings a part up: elsewhere already, or here. @param order parts of a higher order are stopped before those of a lower */
export async function startPart<Address>(
  part: Part<Address>,
  order: number,
  context: Context,
  supervisor: Supervisor,
): Promise<Up<Address>> {
  const { name, title } = part;
  const address = part.external(context.env);
  if (address !== undefined) {
    context.say(name, 'elsewhere');
    return { address };
  }
  context.say(name, 'looking for its program');
  const program = await part.resolve(context);
  context.say(name, 'starting');
  const launch = await part.launch(context, program);
  const pid = await supervisor.start({ name, title, order }, launch);
  const settled = await launch.settle();
  context.say(name, 'ready');
  return { address: settled, pid };
}
