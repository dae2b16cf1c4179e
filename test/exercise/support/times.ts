/** What lies ahead by its meaning. */
const future = new Set(['expires_at', 'due_at']);
const slackMs = 2_000;

/** Of rows as lines (`cluster table json`) those times of something that happened which lie before or after all of it, in words. */
export function timesOutside(rows: readonly string[], began: number, ended: number): string[] {
  return rows.flatMap((line) => {
    const [, cluster, table, json] = /^(main|keyring) (\S+) (\{.*\})$/s.exec(line) ?? [];
    if (json === undefined) return [];
    const times = Object.entries(JSON.parse(json) as Record<string, unknown>).filter(
      ([column, value]) => (column === 'at' || column.endsWith('_at')) && !future.has(column) && typeof value === 'string',
    );
    return times.flatMap(([column, value]) => {
      const at = Date.parse(String(value));
      const off = at < began - slackMs ? at - began : at > ended + slackMs ? at - ended : 0;
      return off === 0 ? [] : [`${cluster} ${table}.${column} is ${Math.round(off / 1_000)} s off`];
    });
  });
}
