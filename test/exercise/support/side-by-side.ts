/** Does all, so many at a time; answers in their order. */
export async function sideBySide<T, R>(items: readonly T[], atATime: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = (next += 1) - 1; at < items.length; at = (next += 1) - 1) results[at] = await act(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, lane));
  return results;
}
