import { destination as openDestination, pino, type DestinationStream, type Logger as Pino } from 'pino';
import { holdsCardNumber } from '../domain/card-number.ts';
import { AppError } from '../domain/errors.ts';

/** The only fields a log line may carry: ids, names of our own things, numbers. Personal data has no field, so it has no way in. */
export const logFields = [
  'service',
  'requestId',
  'tenantId',
  'runId',
  'accountId',
  'sessionId',
  'uploadId',
  'eventId',
  'workflowId',
  'workflowType',
  'activityId',
  'activity',
  'attempt',
  'taskQueue',
  'process',
  'step',
  'buildId',
  'version',
  'method',
  'route',
  'status',
  'code',
  'durationMs',
  'part',
  'vendor',
  'operation',
  'object',
  'action',
  'host',
  'port',
  'count',
  'rows',
  'sizeBytes',
  'lag',
  'signal',
  'reason',
  'state',
  'pid',
  'sdkComponent',
] as const;
type LogField = (typeof logFields)[number];
export type LogValue = string | number | boolean | null | undefined;
export type LogFields = { readonly [field in LogField]?: LogValue } & { readonly err?: unknown };

type Write = { (message: string): void; (fields: LogFields, message: string): void };
export interface Logger {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  child(fields: LogFields): Logger;
}

const declared: ReadonlySet<string> = new Set(logFields);

/** A card number has no business here: wherever it came from, the line says that it was there, and not which. */
const withoutCard = <T>(value: T): T | string =>
  (typeof value === 'string' || typeof value === 'number') && holdsCardNumber(String(value)) ? '[card number]' : value;

/** What of an error may be written: its kind and where it arose. Messages of foreign errors may quote the data they choked on. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: withoutCard(code) } : {}),
    ...(error instanceof AppError ? { message: withoutCard(error.message) } : {}),
    stack: error.stack?.split('\n').filter((line) => /^\s+at /.test(line)),
    ...(error.cause !== undefined && depth < 4 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

function keepDeclared(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (field === 'err') kept['err'] = describeError(value);
    else if (declared.has(field) && (value === null || typeof value !== 'object')) kept[field] = withoutCard(value);
    else dropped.push(field);
  }
  // The author sees that a field was refused, without its value.
  return dropped.length > 0 ? { ...kept, dropped } : kept;
}

const wrap = (logger: Pino): Logger => {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Write =>
    (first: string | LogFields, message?: string) => {
      if (typeof first === 'string') logger[level](withoutCard(first));
      else logger[level](keepDeclared(first), message && withoutCard(message));
      if (level === 'warn' || level === 'error') logger.flush();
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(keepDeclared(fields))),
  };
};

const flushMs = 100;

/**
 * Standard output, a packet of lines at a time: a write for each request is a tenth of what a small one costs. Lines wait a tenth of a
 * second at most, and until the next warning; a process that is killed takes those with it. Nobody waits for a disk: where the output is
 * a file, that would hold up every request under way, ten times a second.
 */
export function bufferedOutput(fd = 1): DestinationStream & { flush(): void } {
  const out = openDestination({ fd, sync: true, minLength: 8_192 });
  let waiting = false;
  process.once('exit', () => out.flushSync());
  return {
    write(line) {
      out.write(line);
      if (waiting) return;
      waiting = true;
      setTimeout(() => {
        waiting = false;
        out.flush();
      }, flushMs).unref();
    },
    flush: () => out.flush(),
  };
}

/** JSON lines with only declared fields. `message` is a constant of the code, never built from data. Undeclared fields are named, not written. */
export function createLogger(options: { level: string; service: string; destination?: DestinationStream }): Logger {
  const { level, service, destination } = options;
  const settings = { level, base: { service }, messageKey: 'message', timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return wrap(destination ? pino(settings, destination) : pino(settings));
}
