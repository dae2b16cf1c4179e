import { setTimeout as pause } from 'node:timers/promises';

/** Asks every 50 ms until the answer does not throw; rejects with the last error when `withinMs` have passed or `signal` aborts. */
export async function untilHealthy(ask: () => Promise<void>, withinMs: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || Date.now() > deadline) throw error;
    }
    await pause(50);
  }
}

/** Whether it became true in time. */
export async function becomesTrue(ask: () => boolean, withinMs: number): Promise<boolean> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await pause(20)) if (ask()) return true;
  return ask();
}

/** Any HTTP answer below 300, within 2 s. */
export async function answersOk(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
