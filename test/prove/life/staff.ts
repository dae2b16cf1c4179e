import { randomUUID } from 'node:crypto';
import { type ApiClient, createApiClient, type Run } from '../../../cli/support/api-client.ts';
import { until } from '../../support/until.ts';

const patienceMs = 180_000;

/** Somebody who signs in and starts runs, over HTTP. */
export interface Staff {
  readonly api: ApiClient;
  /** Starts a run and waits for its end. Resolves to its id. Throws when it did not complete. */
  run(process: string, input: Readonly<Record<string, unknown>>): Promise<string>;
  /** Starts a run. Resolves to its id. */
  start(process: string, input: Readonly<Record<string, unknown>>): Promise<string>;
  /** Waits for the end of a run. Throws when it did not complete. */
  completed(runId: string): Promise<void>;
}

export async function signIn(url: string, email: string, password: string): Promise<Staff> {
  const api = createApiClient(url);
  await api.signIn(email, password);
  const start: Staff['start'] = async (process, body) => {
    const headers = { 'idempotency-key': randomUUID() };
    return (await api.call<Run>(`/v1/processes/${process}/runs`, { method: 'POST', body, headers })).id;
  };
  const completed: Staff['completed'] = async (id) => {
    const ended = async (): Promise<Run | undefined> => {
      const run = await api.call<Run>(`/v1/runs/${id}`);
      return run.status === 'running' ? undefined : run;
    };
    const { process, status, error } = await until(ended, patienceMs, 250);
    if (status !== 'completed') throw new Error(`${process} ended as ${status}: ${JSON.stringify(error)}`);
  };
  const run: Staff['run'] = async (process, input) => {
    const id = await start(process, input);
    await completed(id);
    return id;
  };
  return { api, run, start, completed };
}
