import type { Up } from './part.ts';
import type { ApiAddress } from './parts/api.ts';
import type { WorkerAddress } from './parts/worker.ts';
import type { Servers } from './product-environment.ts';
import type { Demo } from './run-setup.ts';

export interface Product {
  readonly worker: Up<WorkerAddress>;
  readonly api: Up<ApiAddress>;
  readonly demo: Demo | null;
}

const withPid = <A>({ address, pid }: Up<A>): A & { pid?: number } =>
  ({ ...address, ...(pid?.() === undefined ? {} : { pid: pid() }) }) as A & { pid?: number };

/** What stack.json says: the addresses of everything, the process of what was started here, the demo login. It holds secrets. */
export function describeStack({ sandboxes, ...servers }: Servers, product: Product | undefined) {
  return {
    ...(product && { api: withPid(product.api), worker: withPid(product.worker) }),
    postgres: withPid(servers.postgres),
    keyring: withPid(servers.keyring),
    temporal: withPid(servers.temporal),
    s3: withPid(servers.s3),
    redis: withPid(servers.redis),
    vault: withPid(servers.vault),
    sandboxes: Object.fromEntries(Object.entries(sandboxes).map(([name, up]) => [name, withPid(up)])),
    ...(product?.demo && { demo: product.demo }),
  };
}
export type StackDescription = ReturnType<typeof describeStack>;
