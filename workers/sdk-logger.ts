import { DefaultLogger, type LogEntry, type LogLevel } from '@temporalio/worker';
import type { Logger, LogFields } from '../platform/logger.ts';

const known = ['workflowId', 'workflowType', 'activityId', 'attempt', 'taskQueue', 'sdkComponent', 'durationMs', 'step', 'signal'] as const;

/** What of the SDK's own log attributes is worth a field of ours; its `runId` is Temporal's and goes unless replaced by the run's. */
const fieldsOf = ({ meta }: LogEntry): LogFields => {
  const { error, activityType, runId, tenantId, requestId, ...rest } = (meta ?? {}) as Record<string, unknown>;
  return {
    ...Object.fromEntries(known.filter((key) => key in rest).map((key) => [key, rest[key]])),
    ...(activityType ? { activity: activityType } : {}),
    // All three come together, from the run's own header.
    ...(tenantId ? { runId, tenantId, requestId } : {}),
    ...(error ? { err: error } : {}),
  } as LogFields;
};

/** The SDK's log lines as the platform's: JSON, declared fields only. */
export function sdkLogger(logger: Logger, level: LogLevel): DefaultLogger {
  return new DefaultLogger(level, (entry) => {
    // The workers of vendors' queues have none on purpose: a warning at each start would teach people to pass over warnings.
    const isMeant = entry.message.startsWith('No workflows registered');
    const write = {
      TRACE: logger.debug,
      DEBUG: logger.debug,
      INFO: logger.info,
      WARN: isMeant ? logger.debug : logger.warn,
      ERROR: logger.error,
    }[entry.level];
    write(fieldsOf(entry), entry.message);
  });
}
