/** Cuts a list into pieces of at most `size`, in order. */
const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

/** Applies `work` to pieces of a list, a few pieces at a time; the results come back in the order of the items. The first error ends it. */
export async function inChunks<T, R>(
  items: readonly T[],
  { size, parallel }: { readonly size: number; readonly parallel: number },
  work: (chunk: T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const chunks = chunksOf(items, size);
  const results: (readonly R[])[] = [];
  let next = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < chunks.length; index = next++) results[index] = await work(chunks[index] ?? []);
  };
  await Promise.all(Array.from({ length: Math.min(parallel, chunks.length) }, run));
  return results.flat();
}
