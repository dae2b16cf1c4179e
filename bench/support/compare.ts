/** One thing done two ways. Each call measures once and answers operations a second. */
export interface Comparison {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly target: number;
  /** What ours must reach by itself, too, in its unit. */
  readonly least?: number;
  readonly limitedBy: string;
  ours(): Promise<number>;
  bare(): Promise<number>;
}
export interface Outcome {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly bare: number;
  /** Median of the ratios of neighbours: what else the machine did then, it did to both. */
  readonly ratio: number;
  readonly ratios: readonly number[];
  readonly target: number;
  readonly least?: number;
  readonly met: boolean;
  readonly limitedBy: string;
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
export const rounded = (value: number): number => Number(value.toPrecision(3));

/** Warms both up, then measures them in turn, the first one first in every other round. */
export async function compare({ ours, bare, ...about }: Comparison, rounds: number): Promise<Outcome> {
  await bare();
  await ours();
  const [mine, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    if (round % 2 === 0) mine.push(await ours());
    theirs.push(await bare());
    if (round % 2 === 1) mine.push(await ours());
  }
  const ratios = mine.map((rate, at) => rounded(rate / (theirs[at] ?? Number.NaN)));
  const ratio = median(ratios);
  const met = ratio >= about.target && median(mine) >= (about.least ?? 0);
  return { ...about, ours: rounded(median(mine)), bare: rounded(median(theirs)), ratio, ratios, met };
}

/** Operations a second of `count` operations done by `work`. */
export async function rateOf(count: number, work: () => Promise<unknown> | void): Promise<number> {
  const began = performance.now();
  await work();
  return count / ((performance.now() - began) / 1_000);
}
