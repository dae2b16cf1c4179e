/** Something that falls due, by its own time line. */
export interface Due {
  /** Unix seconds. */
  readonly at: number;
  readonly kind: string;
  /** Of the object it happens to. */
  readonly id: string;
}
interface Entry extends Due {
  readonly order: number;
}

/** What falls due, earliest first; what falls due together, in the order it was planned. Each is planned once. */
export interface DueQueue {
  readonly plan: (due: Due) => void;
  /** Takes the first that is due by a time. */
  readonly take: (until: number) => Due | undefined;
}

const keyOf = ({ at, kind, id }: Due) => `${kind} ${at} ${id}`;
const before = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap. What is planned is not taken back: whoever takes it looks whether it still holds. */
export function createDueQueue(): DueQueue {
  const heap: Entry[] = [];
  const planned = new Set<string>();
  let order = 0;
  const at = (index: number): Entry => heap[index] as Entry;
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [at(b), at(a)];
  };
  function rise(from: number): void {
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!before(at(index), at(parent))) return;
      swap(index, parent);
      index = parent;
    }
  }
  function sink(): void {
    for (let index = 0; ;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let least = index;
      if (left < heap.length && before(at(left), at(least))) least = left;
      if (right < heap.length && before(at(right), at(least))) least = right;
      if (least === index) return;
      swap(index, least);
      index = least;
    }
  }
  return {
    plan(due) {
      if (planned.has(keyOf(due))) return;
      planned.add(keyOf(due));
      order += 1;
      heap.push({ ...due, order });
      rise(heap.length - 1);
    },
    take(until) {
      const [first] = heap;
      if (!first || first.at > until) return undefined;
      swap(0, heap.length - 1);
      heap.pop();
      sink();
      planned.delete(keyOf(first));
      return first;
    },
  };
}
