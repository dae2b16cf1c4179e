import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from '../../cli/support/api-client.ts';
import { spawnLogged } from '../../stack/child.ts';
import type { Home } from '../../stack/home.ts';
import { productProgram } from '../../stack/product-program.ts';
import type { Demo } from '../../stack/run-setup.ts';
import { answersOk, untilHealthy } from '../../stack/wait.ts';
import { freePort } from '../support/free-port.ts';
import { findLibfaketime } from './support/libfaketime.ts';

/** A second API, on a host whose clock is wrong. */
export interface WrongApi {
  readonly url: string;
  /** Steps the host's clock to the right time, as a time service does. */
  putRight(): void;
  stop(): Promise<void>;
}

const startsWithinMs = 60_000;

/**
 * @param env of the API beside which this one is started
 * @param publicUrl both APIs' address as the world sees it: they issue tokens in one name
 * @param seconds how much its clock is ahead
 */
export async function startWrongApi(home: Home, env: NodeJS.ProcessEnv, publicUrl: string, seconds: number): Promise<WrongApi> {
  const library = await findLibfaketime(home);
  const [port, metrics] = [await freePort(), await freePort()];
  const clock = join(home.dir, 'clock');
  const setAhead = (by: number): void => writeFileSync(clock, `${by < 0 ? '' : '+'}${by}\n`);
  setAhead(seconds);
  // Timers go by the monotonic clock, which nobody sets.
  const fake = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_CACHE_DURATION: '1' };
  const own = { PUBLIC_URL: publicUrl, API_PORT: String(port), METRICS_PORT: String(metrics) };
  const url = `http://127.0.0.1:${port}`;
  const program = { ...productProgram('api/main', { ...env, ...fake, ...own }), healthy: () => answersOk(`${url}/readyz`) };
  const child = spawnLogged(program, home.log('wrong-api'));
  await untilHealthy(() => answersOk(`${url}/readyz`), startsWithinMs, AbortSignal.timeout(startsWithinMs));
  return { url, putRight: () => setAhead(0), stop: () => child.stop() };
}

/** Signs in at each API and shows what it got to the others: what of that is refused, in words. */
export async function refusedElsewhere(urls: readonly string[], { email, password, tenant }: Demo): Promise<string[]> {
  const refused: string[] = [];
  for (const from of urls) {
    const body = { email, password, tenant };
    const { accessToken } = await createApiClient(from).call<{ accessToken: string }>('/v1/auth/token', { method: 'POST', body });
    for (const [index, at] of urls.entries()) {
      const { status } = await fetch(new URL('/v1/me', at), { headers: { authorization: `Bearer ${accessToken}` } });
      if (status !== 200) refused.push(`a token of API ${urls.indexOf(from)} is answered ${status} by API ${index}`);
    }
  }
  return refused;
}
