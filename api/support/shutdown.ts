import { once } from 'node:events';
import type { Server } from 'node:http';

/** Takes no new connection, lets requests under way end for at most `drainMs`, then cuts what is left. */
export async function closeServer(server: Server, drainMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(cut);
}
