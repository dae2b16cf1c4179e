import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClock } from './clock.ts';
import { controlRoutes } from './control.ts';
import { createFaults, faultReply, pause } from './faults.ts';
import { readRequest, sendReply } from './http.ts';
import type { Reply, Route, SandboxRequest } from './http.ts';
import type { CreateVendor, Kernel, SandboxOptions, Vendor } from './kernel.ts';
import { createLedger } from './ledger.ts';
import { createRouter } from './router.ts';
import type { Match } from './router.ts';
import { openStore } from './store.ts';

export interface RunningServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Serves one vendor on 127.0.0.1. Rejects when the port is taken or the journal is damaged. */
export async function serveVendor(name: string, create: CreateVendor, options: SandboxOptions): Promise<RunningServer> {
  const store = await openStore(options.dataDir);
  const clock = createClock(store);
  const kernel: Kernel = {
    store,
    clock,
    ledger: createLedger(name, store, clock, name === 'pusher' ? 1_000 : undefined),
    faults: createFaults(),
  };
  const vendor = create(kernel, options);
  const control = createRouter([...controlRoutes(name, kernel, vendor), ...(vendor.control ?? [])]);
  const server = createServer((message, response) => {
    answer(message, response).catch((error: unknown) => {
      console.error(JSON.stringify({ msg: 'sandbox failed', vendor: name, error: String(error) }));
      if (response.headersSent) response.destroy();
      else sendReply(response, { status: 500, body: { error: { type: 'api_error', message: 'The sandbox failed.' } } });
    });
  });

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    if (request.path.startsWith('/_sandbox/')) {
      sendReply(response, await controlled(control(request), request));
      return;
    }
    if (kernel.faults.take('reset-before', request)) {
      message.socket.resetAndDestroy();
      return;
    }
    const cut = kernel.faults.take('reset-after', request);
    const reply = await handled(kernel, vendor, request);
    if (cut) message.socket.resetAndDestroy();
    else sendReply(response, reply);
  }

  if (vendor.upgrade) server.on('upgrade', vendor.upgrade);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => stop(server, vendor) };
}

async function controlled(found: Match<Route> | undefined, request: SandboxRequest): Promise<Reply> {
  if (!found) return { status: 404, body: { error: 'no such control' } };
  try {
    return await found.route.handle(request, found.params);
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'the body is no JSON' } };
    throw error;
  }
}

async function handled({ faults }: Kernel, vendor: Vendor, request: SandboxRequest): Promise<Reply> {
  const refusal = faults.take('status', request, ({ stored }) => !stored);
  if (refusal) return faultReply(refusal);
  return vendor.handle(request, async () => {
    await pause(faults, request);
    const outcome = faults.take('status', request, ({ stored }) => stored === true);
    return outcome && faultReply(outcome);
  });
}

async function stop(server: Server, vendor: Vendor): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await vendor.stop?.();
  server.closeAllConnections();
  await closed;
}
