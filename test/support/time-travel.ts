import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';

const { StartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionRequest } = proto.temporal.api.workflowservice.v1;
const requests: Readonly<Record<string, { encode(message: object): { finish(): Uint8Array } }>> = {
  StartWorkflowExecution: StartWorkflowExecutionRequest,
  SignalWithStartWorkflowExecution: SignalWithStartWorkflowExecutionRequest,
};

/** Starts every workflow with a clock that jumps over idle time. The SDK has no option for it; a protobuf message may be continued. */
const skipTime: Interceptor = (options, nextCall) => {
  const method = options.method_definition.path.split('/').at(-1) ?? '';
  const type = requests[method];
  if (!type) return new InterceptingCall(nextCall(options));
  const more = type.encode({ timeSkippingConfig: { enabled: true } }).finish();
  return new InterceptingCall(nextCall(options), {
    sendMessage: (message: Uint8Array, next) => next(Buffer.concat([message, more])),
  });
};

/** For a connection whose workflows travel in time. */
export const timeTravel: Interceptor[] = [skipTime];

/** Moves the clock of one run forward by so much, and holds it there. */
export const fastForward = (handle: WorkflowHandle, seconds: number): Promise<void> =>
  setSkipping(handle, { enabled: true, fastForwardConfig: { id: `${handle.workflowId}-${Date.now()}`, duration: { seconds } } });

/** From here on a run that was started in real time, or is held, skips idle time. */
export const travelOn = (handle: WorkflowHandle): Promise<void> => setSkipping(handle, { enabled: true });

async function setSkipping({ client, workflowId }: WorkflowHandle, timeSkippingConfig: object): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: { timeSkippingConfig },
    updateMask: { paths: ['time_skipping_config'] },
  });
}
