import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { openMemory } from '../../stack/memory.ts';
import { createPorts, explicitPort } from '../../stack/ports.ts';
import { useHome } from './support.ts';

describe('the ports of the stack', () => {
  const own = useHome();
  const open: Server[] = [];
  const listen = async (port = 0): Promise<number> => {
    const server = createServer().listen(port, '127.0.0.1');
    open.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  afterEach(() => open.splice(0).forEach((server) => server.close()));

  it('are the same at the next start', async () => {
    const first = await own.context.ports.choose('redis');
    assert.equal(await createPorts(openMemory(own.home)).choose('redis'), first);
  });

  it('are others when a remembered or preferred one is in use', async () => {
    const taken = await listen();
    const preferred = await own.context.ports.choose('api', { preferred: taken });
    assert.notEqual(preferred, taken);
    await listen(preferred);
    assert.notEqual(await createPorts(openMemory(own.home)).choose('api'), preferred);
  });

  it('are never given twice, even when asked for at the same time', async () => {
    const free = await own.context.ports.choose('first');
    const asked = createPorts(openMemory(own.home));
    const chosen = await Promise.all(['a', 'b', 'c'].map((name) => asked.choose(name, { preferred: free })));
    assert.equal(new Set(chosen).size, 3);
  });

  it('are refused in one line when the environment demands one that is in use', async () => {
    const taken = await listen();
    const wish = explicitPort({ API_PORT: String(taken) }, 'API_PORT');
    await assert.rejects(own.context.ports.choose('api', wish), {
      name: 'StackError',
      message: `Port ${taken} (API_PORT) is in use: free it or choose another.`,
    });
  });

  it('must be numbers', () => {
    for (const text of ['http', '0', '70000', '1.5'])
      assert.throws(() => explicitPort({ API_PORT: text }, 'API_PORT'), { message: 'API_PORT must be a port between 1 and 65535.' });
  });
});
