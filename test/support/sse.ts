import { until } from './until.ts';
import type { Json } from './http.ts';

export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Json;
}
export interface EventStream {
  readonly status: number;
  readonly type: string;
  readonly events: readonly StreamEvent[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** The first event's data, past or to come, that is as told. */
  until(told: (data: Json) => boolean): Promise<Json>;
  leave(): void;
}

/** Server-sent events as a browser reads them: over real HTTP. */
export async function openStream(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal: leaving.signal });
  const events: StreamEvent[] = [];
  return {
    status: response.status,
    type: response.headers.get('content-type')?.split(';')[0] ?? '',
    events,
    ended: read(response, events, leaving.signal),
    until: async (told) => (await until(() => events.find(({ data }) => told(data)), 20_000)).data,
    leave: () => leaving.abort(),
  };
}

async function read(response: Response, events: StreamEvent[], leaving: AbortSignal): Promise<void> {
  let buffer = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      buffer += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = buffer.split('\n\n');
      buffer = blocks.pop() ?? '';
      events.push(...blocks.map(eventOf).filter((event) => event !== undefined));
    }
  } catch (error) {
    if (!leaving.aborted) throw error;
  }
}

function eventOf(block: string): StreamEvent | undefined {
  const fields = new Map(
    block.split('\n').flatMap((line) => (line.startsWith(':') ? [] : [line.split(/: ?(.*)/s, 2) as [string, string]])),
  );
  const data = fields.get('data');
  return data === undefined ? undefined : { id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: JSON.parse(data) as Json };
}
