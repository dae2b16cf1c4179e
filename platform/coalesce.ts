export interface Coalescing<Item, Result> {
  /** Does several items of one kind together. Answers a result for each, in order. */
  readonly work: (kind: string, items: readonly Item[]) => Promise<readonly Result[]>;
  /** Whether an error concerns everybody alike (a server is away), so that trying each item alone would only ask again. */
  readonly concernsAll?: (error: unknown) => boolean;
  /** Most items that go together. */
  readonly max?: number;
  /** How long those that came later wait for work under way: work that hangs holds up nobody else. */
  readonly patienceMs?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Does together what is asked for at the same time. What comes while nothing of its kind is under way is done at once; what comes
 * meanwhile waits and goes together when that has ended. So nobody waits for company, and the busier it is, the less each costs.
 * Each caller gets its own result or error: when several fail, each of them is tried alone.
 */
export function createCoalescer<Item, Result>({
  work,
  concernsAll = () => false,
  max = 50,
  patienceMs = 2_000,
}: Coalescing<Item, Result>): (kind: string, item: Item) => Promise<Result> {
  type Batch = readonly Waiting<Item, Result>[];
  /** Who waits, by kinds of which something is under way. */
  const queues = new Map<string, Waiting<Item, Result>[]>();

  async function doTogether(kind: string, batch: Batch): Promise<void> {
    try {
      const results = await work(
        kind,
        batch.map(({ item }) => item),
      );
      if (results.length !== batch.length) throw new Error(`${batch.length} items had ${results.length} results.`);
      batch.forEach(({ resolve }, at) => resolve(results[at] as Result));
    } catch (error) {
      if (batch.length === 1 || concernsAll(error)) for (const { reject } of batch) reject(error);
      else await Promise.all(batch.map((one) => doTogether(kind, [one])));
    }
  }

  async function drain(kind: string, queue: Waiting<Item, Result>[]): Promise<void> {
    while (queue.length > 0) await atMost(patienceMs, doTogether(kind, queue.splice(0, max)));
    queues.delete(kind);
  }

  return (kind, item) =>
    new Promise<Result>((resolve, reject) => {
      const queue = queues.get(kind) ?? [];
      queue.push({ item, resolve, reject });
      if (queues.has(kind)) return;
      queues.set(kind, queue);
      void drain(kind, queue);
    });
}

/** Waits for work, but no longer than this. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
