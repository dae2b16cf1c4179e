import Table from 'cli-table3';
import colors from 'picocolors';
import type { ChainProof } from '../../platform/audit.ts';

export interface ProvedChain extends ChainProof {
  readonly tenantId: string;
}
export const holds = ({ intact, notAsNoted }: ChainProof): boolean => intact && notAsNoted === undefined;

/** What was found of one log, in plain words. */
export function verdictOf({ intact, brokenAt, notAsNoted, entries }: ChainProof): string {
  if (!intact) return `broken at entry ${brokenAt}: it, or the one before it, was changed, removed or put in`;
  if (notAsNoted === undefined) return entries === 0 ? 'empty' : 'intact';
  return notAsNoted > entries
    ? `cut off: a certificate saw entry ${notAsNoted}, the log ends at ${entries}`
    : `made anew: entry ${notAsNoted} is not the one a certificate saw`;
}

export function showChains(chains: readonly ProvedChain[]): string {
  const table = new Table({
    head: ['tenant', 'entries', 'head', 'log'],
    style: { head: ['bold'] },
    colAligns: ['left', 'right', 'left', 'left'],
  });
  for (const chain of chains) {
    const verdict = verdictOf(chain);
    table.push([chain.tenantId, chain.entries, chain.headHash || '-', holds(chain) ? colors.green(verdict) : colors.red(verdict)]);
  }
  return table.toString();
}
