import { createServer, maxHeaderSize, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type AppError, BadRequestError, HeadersTooLargeError, RequestTooSlowError } from '../../domain/errors.ts';
import { newId } from '../../platform/ids.ts';
import { headerLimit } from '../middleware/headers.ts';
import { presentProblem } from '../presenters/problem.ts';

export interface HttpLimits {
  /** For all headers of a request to come. */
  readonly headersMs?: number;
  /** For a whole request to come: the largest upload over a slow line. */
  readonly requestMs?: number;
  readonly checkEveryMs?: number;
  /** How long the rest of a body is read that was answered without it, for clients that hear the answer only when they have said all. */
  readonly unreadMs?: number;
}
type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * An HTTP server that waits for nobody for ever: whoever sends too slowly is answered 408 and cut off. What is no request of HTTP gets a
 * problem as its answer too, and a client that waits to be asked for a body (`Expect: 100-continue`) is asked by who reads it.
 */
export function createHttpServer(
  handle: Listener,
  { headersMs = 10_000, requestMs = 300_000, checkEveryMs = 5_000, unreadMs = 5_000 }: HttpLimits = {},
): Server {
  const limits = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkEveryMs,
    // Longer than the idle time of load balancers: they must be the ones to close a connection, or they send requests into closed ones.
    keepAliveTimeout: 65_000,
    // Refused among the headers, with a problem.
    requireHostHeader: false,
  };
  const underWay = new WeakMap<Duplex, ServerResponse>();
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    underWay.set(request.socket, response);
    response.once('finish', () => boundUnread(request, unreadMs));
    handle(request, response);
  };
  return createServer(limits, listener)
    .on('checkContinue', listener)
    .on('checkExpectation', listener)
    .on('clientError', (error, socket) => refuse(error, socket, underWay.get(socket)));
}

/** Node reads on what is left of a body, so that the next request can follow, for as long as a whole request may take. */
function boundUnread(request: IncomingMessage, withinMs: number): void {
  if (request.complete) return;
  const cut = setTimeout(() => request.socket.destroy(), withinMs);
  request.once('close', () => clearTimeout(cut));
}

function problemOf(error: NodeJS.ErrnoException): AppError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new HeadersTooLargeError(headerLimit, maxHeaderSize);
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? new RequestTooSlowError() : new BadRequestError();
}

/** Nothing is written into an answer that has begun. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex, response: ServerResponse | undefined): void {
  const midway = response?.headersSent && !response.writableFinished;
  if (error.code === 'ECONNRESET' || midway || !socket.writable) return void socket.destroy();
  const problem = problemOf(error);
  const body = JSON.stringify(presentProblem(problem, newId()));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
