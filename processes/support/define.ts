import { z } from 'zod';
import type { TaskQueue } from '../../domain/task-queues.ts';
import { personalPaths, splitPersonal } from './personal.ts';

/** A line of policies/policy.csv that the caller must hold. */
export interface Permission {
  readonly object: string;
  readonly action: string;
}

/** A signal (fire and forget) or an update (answered, may be refused) that people may send to a run of the process. */
export interface Message {
  readonly kind: 'signal' | 'update';
  readonly title?: string;
  readonly input: z.ZodObject;
  readonly permission: Permission;
  /** The run is told who sends it: the API adds `by`, the id of the sender's account. */
  readonly signed?: true;
}

/**
 * When the platform starts a run by itself, in its own tenant: every so often ('30m', '1h', '1d'; counted from midnight UTC) or by a
 * cron line of five fields in an IANA time zone. A run that is still going is not joined by another.
 */
export type ProcessSchedule<Input> = { readonly input: Input } & (
  | { readonly every: `${number}${'m' | 'h' | 'd'}` }
  | { readonly cron: string; readonly timeZone: string }
);

export interface ProcessSpec<Schema extends z.ZodObject, Messages extends Readonly<Record<string, Message>>> {
  /** verb-noun, also the file's name. Never renamed once it has run. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Workflow type: what workflows/index.ts exports. */
  readonly workflow: string;
  readonly input: Schema;
  readonly permission: Permission;
  /** What else than `run:cancel` it takes to cancel its runs: of a process that a school must not stop. */
  readonly cancel?: Permission;
  /** The update by which its runs are cancelled, signed and without a body: of a process that must be able to refuse, in words. */
  readonly cancelBy?: string;
  /** The platform's staff may start it, too, for the school that they name by `?tenantId=`. */
  readonly staffToo?: true;
  /** Whose runs these are: the platform's own staff's, or a school's. */
  readonly scope: 'platform' | 'tenant';
  /**
   * What two runs may not share at a time; with the name it is the workflow id, so it holds ids and slugs, never personal data.
   * A tenant's processes must put the tenant's id into it.
   */
  readonly businessKey: (input: z.infer<Schema>, tenantId: string) => string;
  /** A second start while a run with the same business key is going: refused with its id, or answered with it. */
  readonly conflict: 'refuse' | 'use-existing';
  readonly taskQueue: TaskQueue;
  readonly schedule?: ProcessSchedule<z.input<Schema>>;
  readonly messages?: Messages;
  /** It is part of paying: people start it, look at its runs and send them messages whatever their school owes. */
  readonly paying?: true;
}

export interface Process<
  Schema extends z.ZodObject = z.ZodObject,
  Messages extends Readonly<Record<string, Message>> = Readonly<Record<string, Message>>,
> extends Omit<ProcessSpec<Schema, Messages>, 'businessKey' | 'schedule' | 'messages'> {
  // Methods, not properties: a process of a narrow input is still a Process.
  businessKey(input: z.infer<Schema>, tenantId: string): string;
  readonly schedule?: ProcessSchedule<z.input<Schema>>;
  readonly messages: Messages;
}

/** Declares a process. Throws at once when the declaration cannot work: a slip here must not wait for its first caller. */
export function defineProcess<
  Schema extends z.ZodObject,
  const Messages extends Readonly<Record<string, Message>> = Readonly<Record<string, Message>>,
>(spec: ProcessSpec<Schema, Messages>): Process<Schema, Messages> {
  const slip = slipsOf(spec)[0];
  if (slip) throw new Error(`Process '${spec.name}': ${slip}`);
  return { ...spec, messages: spec.messages ?? ({} as Messages) };
}

/** The message of this name that the process declares; not what every object has. */
export const messageOf = ({ messages }: Pick<Process, 'messages'>, name: string): Message | undefined =>
  Object.hasOwn(messages, name) ? messages[name] : undefined;

const kebab = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const camel = /^[a-z][A-Za-z0-9]*$/;

function slipsOf({
  name,
  workflow,
  input,
  messages,
  scope,
  permission,
  schedule,
  cancelBy,
  staffToo,
}: ProcessSpec<z.ZodObject, Readonly<Record<string, Message>>>): string[] {
  const slips: string[] = [];
  if (!kebab.test(name)) slips.push('the name is verb-noun in kebab-case.');
  if (!camel.test(workflow)) slips.push('the workflow is a type in camelCase.');
  if (!permission.object || !permission.action) slips.push('it needs a permission.');
  if (scope !== 'platform' && scope !== 'tenant') slips.push('its scope is platform or tenant.');
  if ('run' in input.shape) slips.push("'run' is the platform's own field: name the input otherwise.");
  for (const [what, schema] of [['input', input], ...Object.entries(messages ?? {}).map(([key, { input: of }]) => [key, of])] as [
    string,
    z.ZodObject,
  ][]) {
    try {
      z.toJSONSchema(schema, { io: 'input' });
      personalPaths(schema);
    } catch (error) {
      slips.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  for (const [key, { input: of }] of Object.entries(messages ?? {})) {
    if (personalPaths(of).length > 0) slips.push(`message ${key} carries personal data: store it first and send its id.`);
  }
  if (cancelBy && !(messages?.[cancelBy]?.kind === 'update' && messages[cancelBy].signed))
    slips.push('it is cancelled by a signed update of its own.');
  if (staffToo && scope !== 'tenant') slips.push('staff starts a process of scope tenant for a school.');
  if (schedule) slips.push(...slipsOfSchedule(schedule, input, scope));
  return slips;
}

function slipsOfSchedule(schedule: ProcessSchedule<unknown>, input: z.ZodObject, scope: string): string[] {
  const slips: string[] = [];
  if (scope !== 'platform') slips.push('only a process of the platform has a schedule.');
  if ('every' in schedule ? !/^[1-9]\d*[mhd]$/.test(schedule.every) : !/^\S+( \S+){4}$/.test(schedule.cron) || !schedule.timeZone)
    slips.push('its schedule is an interval as 30m, 1h or 1d, or a cron line of five fields with a time zone.');
  const { error, data } = input.safeParse(schedule.input);
  if (error) slips.push(`the input of its schedule: ${z.prettifyError(error)}`);
  else if (splitPersonal(input, data).personal) slips.push('the input of its schedule carries personal data.');
  return slips;
}
