import { randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createApiClient, ProblemError, type ApiClient, type Run } from '../../cli/support/api-client.ts';
import { generateSchool } from '../../cli/support/generate-school.ts';
import { zipFolder } from '../../cli/support/zip-folder.ts';
import type { Demo } from '../../stack/run-setup.ts';

/** The same roster for every school, made in a folder. Resolves to its zip file. */
export async function makeRoster(folder: string, users: number): Promise<string> {
  await generateSchool({ users, seed: 1, out: join(folder, 'school') });
  await zipFolder(join(folder, 'school'), join(folder, 'roster.zip'));
  return join(folder, 'roster.zip');
}

export interface School {
  readonly api: ApiClient;
  readonly slug: string;
  readonly uploadId: string;
}
/** What comes before the run: signed in, roster uploaded. */
export async function prepareSchool(url: string, { email, password, tenant }: Demo, slug: string, zip: string): Promise<School> {
  const api = createApiClient(url);
  await api.signIn(email, password, tenant);
  const headers = { 'content-type': 'application/zip', 'content-length': String(statSync(zip).size) };
  const { id } = await api.call<{ id: string }>('/v1/uploads', { method: 'POST', stream: createReadStream(zip), headers });
  return { api, slug, uploadId: id };
}

const endsWithinMs = 300_000;

/**
 * Onboards it as a client does that does not give up: every call is repeated until it is answered. Resolves to the run at its end.
 * @param heard is told of the run whenever it was read, and of undefined before it is started
 */
export async function onboard({ api, slug, uploadId }: School, heard: (run: Run | undefined) => void): Promise<Run> {
  const giveUpAt = Date.now() + endsWithinMs;
  const body = { slug, name: 'Lincoln High', plan: 'school', region: 'eu', adminEmail: 'ada@lincoln.example', adminName: 'Ada Lovelace' };
  const headers = { 'idempotency-key': randomUUID() };
  heard(undefined);
  const started = await insist(giveUpAt, () =>
    api.call<Run>('/v1/processes/onboard-school/runs', { method: 'POST', body: { ...body, rosterUploadId: uploadId }, headers }),
  );
  for (;;) {
    const run = await insist(giveUpAt, () => api.call<Run>(`/v1/runs/${started.id}`));
    heard(run);
    if (run.status !== 'running') return run;
    if (Date.now() > giveUpAt)
      throw new Error(`The run did not end: ${JSON.stringify(run.steps.filter(({ state }) => state === 'running'))}`);
    await pause(50);
  }
}

/** Repeats a call while the platform is away: no answer, or 503 as it promises. Any other refusal is final, and a bug. */
async function insist<T>(giveUpAt: number, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const isFinal = error instanceof ProblemError && error.status !== 503;
      if (isFinal || Date.now() > giveUpAt) throw error;
      await pause(200);
    }
  }
}
