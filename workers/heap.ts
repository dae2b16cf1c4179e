import { getHeapStatistics } from 'node:v8';
import type { Logger } from '../platform/logger.ts';

const bytesAMiB = 1024 ** 2;
/**
 * What the heap of a worker's main thread may come to: some 65 MiB at rest, and 10 to 25 for each of the 16 imports that its main queue lets
 * run at a time. With the workflows' thread, buffers and code it stays below 1 GB. `npm start` gives it this (stack/parts/worker.ts).
 */
export const heapMiB = 512;
// V8 counts its young generation too.
const slackMiB = 64;

/** Warns when Node may take more than a worker is to have: left to itself it takes what the machine has before it collects. */
export function checkHeap(log: Pick<Logger, 'warn'>, limitBytes = getHeapStatistics().heap_size_limit): void {
  if (limitBytes <= (heapMiB + slackMiB) * bytesAMiB) return;
  log.warn(
    { sizeBytes: limitBytes },
    `The heap may grow past ${heapMiB} MiB: start Node with --max-old-space-size=${heapMiB} (NODE_OPTIONS)`,
  );
}
