import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ApiClient, Run } from './api-client.ts';

const ended = (run: Run): boolean => run.status !== 'running';

/**
 * Follows a run to its end over the event stream; `show` sees every state that arrives. A stream that breaks is opened
 * again: the first event of each is the whole run, so nothing is missed.
 */
export async function followRun(api: ApiClient, runId: string, show: (run: Run) => void, signal: AbortSignal): Promise<Run> {
  let last = await api.call<Run>(`/v1/runs/${runId}`);
  show(last);
  while (!ended(last) && !signal.aborted) {
    const response = await api.send(`/v1/runs/${runId}/events`, { headers: { accept: 'text/event-stream' } });
    if (!response.body) throw new Error('The API sent an event stream without a body.');
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) {
      if (signal.aborted) break;
      if (!data) continue;
      const seen = JSON.parse(data) as Partial<Run>;
      if (!seen.status || !seen.steps) continue;
      last = seen as Run;
      show(last);
      if (ended(last)) break;
    }
  }
  return signal.aborted ? last : api.call<Run>(`/v1/runs/${runId}`);
}
