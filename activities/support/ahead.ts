/**
 * What a source yields, in order, while it works ahead: `count` items are under way or waiting to be taken. Whoever stops early waits
 * until what is under way has ended, so that nothing goes on behind their back.
 */
export async function* ahead<T>(items: AsyncIterable<T>, count = 1): AsyncGenerator<T> {
  const source = items[Symbol.asyncIterator]();
  const asked: Promise<IteratorResult<T>>[] = [];
  const ask = (): void => {
    const next = source.next();
    next.catch(() => undefined); // told to whoever takes it; when nobody does, an earlier error was told
    asked.push(next);
  };
  try {
    for (;;) {
      while (asked.length < count) ask();
      const item = await asked.shift();
      if (!item || item.done) return;
      ask();
      yield item.value;
    }
  } finally {
    await Promise.allSettled(asked);
    await source.return?.();
  }
}
