import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A line to a server that can be cut and mended: what goes through it is real. */
export interface Line {
  readonly port: number;
  cut(): Promise<void>;
  /** From now on it takes what is sent, and nothing arrives; to be cut and mended. */
  hang(): void;
  mend(): Promise<void>;
}

export async function openLine(to: { readonly host: string; readonly port: number }): Promise<Line> {
  const open = new Set<Socket>();
  let hung = false;
  const server = createServer((here) => {
    const there = connect(to);
    for (const [socket, other] of [
      [here, there],
      [there, here],
    ] as const) {
      open.add(socket);
      if (hung) socket.resume();
      else socket.pipe(other);
      socket.on('error', () => other.destroy()).on('close', () => void open.delete(socket));
    }
  });
  const listen = async (port: number): Promise<number> => {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  return {
    port,
    cut: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
    hang: () => {
      hung = true;
      for (const socket of open) socket.unpipe().resume();
    },
    mend: async () => {
      hung = false;
      await listen(port);
    },
  };
}
