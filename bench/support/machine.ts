import { cpus, loadavg, totalmem, type } from 'node:os';
import { rounded } from './compare.ts';

/** What the figures were measured on, and whether it was busy with something else before they were. */
export function machineFacts() {
  const load = loadavg()[0] ?? 0;
  const cores = cpus().length;
  return {
    at: new Date().toISOString(),
    system: type(),
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    loadBefore: rounded(load),
    /** Other work took a share of the machine: absolute figures are too low, ratios are rough. */
    provisional: load > cores * 0.4,
  };
}
