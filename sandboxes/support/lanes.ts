/** Work in lanes: one after the other within a lane, so many lanes at a time. */
export interface Lanes {
  readonly add: (lane: string, id: string) => void;
  /** Resolves when nothing runs any more. */
  readonly idle: () => Promise<void>;
}

/** @param act does not reject */
export function createLanes(maxRunning: number, act: (id: string) => Promise<void>): Lanes {
  const waiting = new Map<string, string[]>();
  const running = new Map<string, Promise<void>>();

  async function run(lane: string): Promise<void> {
    for (let ids = waiting.get(lane); ids && ids.length > 0; ids = waiting.get(lane)) {
      waiting.delete(lane);
      for (const id of ids) await act(id);
    }
  }
  function start(): void {
    for (const lane of waiting.keys()) {
      if (running.size >= maxRunning) return;
      if (running.has(lane)) continue;
      const done = run(lane).finally(() => {
        running.delete(lane);
        start();
      });
      running.set(lane, done);
    }
  }
  return {
    add(lane, id) {
      const ids = waiting.get(lane);
      if (ids) ids.push(id);
      else waiting.set(lane, [id]);
      start();
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
