import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface HttpLimits {
  /** For all headers of a request to come. */
  readonly headersMs?: number;
  /** For a whole request to come: the largest upload over a slow line. */
  readonly requestMs?: number;
  readonly checkEveryMs?: number;
}

/** An HTTP server that waits for nobody for ever: whoever sends too slowly is answered 408 and cut off. */
export function createHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => unknown,
  { headersMs = 10_000, requestMs = 300_000, checkEveryMs = 5_000 }: HttpLimits = {},
): Server {
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkEveryMs,
    // Longer than the idle time of load balancers: they must be the ones to close a connection, or they send requests into closed ones.
    keepAliveTimeout: 65_000,
  };
  return createServer(limits, (request, response) => void handle(request, response));
}
