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
    const write = { TRACE: logger.debug, DEBUG: logger.debug, INFO: logger.info, WARN: logger.warn, ERROR: logger.error }[entry.level];
    write(fieldsOf(entry), entry.message);
  });
}
