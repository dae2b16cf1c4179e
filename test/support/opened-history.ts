import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
import { testCodec } from './payload-codec.ts';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);
const isSealed = (value: unknown): value is Payload =>
  isNode(value) && Buffer.from((value as Payload).metadata?.['encoding'] ?? []).toString() === 'binary/encrypted';

/** A run's history as it was before it was sealed: payloads opened, failures with their words in place. */
export async function openedHistory(handle: WorkflowHandle, codec: PayloadCodec = testCodec): Promise<History> {
  const history = await handle.fetchHistory();
  await open(history, codec);
  return history;
}

async function open(node: unknown, codec: PayloadCodec): Promise<void> {
  if (!isNode(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if (isSealed(value)) [node[key]] = await codec.decode([value]);
    else await open(value, codec);
  }
  const { encodedAttributes: words } = node;
  if (!isNode(words)) return;
  const opened = defaultPayloadConverter.fromPayload<{ message: string; stack_trace: string }>(words);
  Object.assign(node, { message: opened.message, stackTrace: opened.stack_trace });
  delete node['encodedAttributes'];
}
