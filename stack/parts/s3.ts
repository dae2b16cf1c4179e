import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { allOrNone } from '../all-or-none.ts';
import { bareEnvironment } from '../environment.ts';
import { writePrivateFile } from '../home.ts';
import type { Context, Launch, Part } from '../part.ts';
import { resolveProgram } from '../resolve-program.ts';
import { answersOk } from '../wait.ts';

export interface S3Address {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

const daemons = ['master', 'volume', 'filer', 's3'] as const;

async function choosePorts(ports: Context['ports']): Promise<{ flags: string[]; master: number; s3: number }> {
  const [master, volume, filer, s3] = await Promise.all(daemons.map((daemon) => ports.choose(`s3-${daemon}`)));
  const grpc = await Promise.all(daemons.map((daemon) => ports.choose(`s3-${daemon}-grpc`)));
  const flags = [master, volume, filer, s3].flatMap((port, at) => [
    `-${daemons[at]}.port=${port}`,
    `-${daemons[at]}.port.grpc=${grpc[at]}`,
  ]);
  return { flags, master: Number(master), s3: Number(s3) };
}

async function launch({ home, memory, ports, env, test }: Context, program: string): Promise<Launch<S3Address>> {
  const { flags, master, s3 } = await choosePorts(ports);
  const data = home.data('s3');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const address = { endpoint: `http://127.0.0.1:${s3}`, accessKey: memory.secret('s3-access'), secretKey: memory.secret('s3-secret') };
  const config = join(data, 's3.json');
  const credentials = [{ accessKey: address.accessKey, secretKey: address.secretKey }];
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  writePrivateFile(config, JSON.stringify({ identities: [{ name: 'toolbox', credentials, actions }] }));
  const args = ['server', `-dir=${data}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-filer', '-s3', `-s3.config=${config}`, ...flags];
  return {
    program,
    // A short election: there is one master, and a volume that finds it without a leader asks again after 5 s only. Port 0 turns a service off. Volumes are small and many, one set a tenant's bucket.
    args: [
      ...args,
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
      '-master.electionTimeout=300ms',
      '-master.heartbeatInterval=50ms',
      '-master.telemetry=false',
      '-master.volumeSizeLimitMB=64',
      '-volume.max=10000',
      '-volume.preStopSeconds=0',
    ],
    env: {
      ...bareEnvironment(env),
      WEED_S3_SSE_KEY: memory.secret('s3-sse', () => randomBytes(32).toString('hex')),
      WEED_MASTER_VOLUME_GROWTH_COPY_1: '1',
    },
    // Asked to stop, it closes its data within half a second and then lingers for idle connections.
    stopSignal: test ? 'SIGKILL' : 'SIGTERM',
    stopWithinMs: 3_000,
    healthy: () => answers(address.endpoint, master),
    settle: async () => address,
  };
}

async function answers(endpoint: string, master: number): Promise<void> {
  await answersOk(`${endpoint}/healthz`);
  // The S3 door opens before there is a volume to write to.
  const assigned = await fetch(`http://127.0.0.1:${master}/dir/assign`, { signal: AbortSignal.timeout(2_000) });
  const { fid } = (await assigned.json()) as { fid?: string };
  if (!fid) throw new Error('it has no volume to write to yet');
}

/** SeaweedFS: master, volume, filer and S3 in one process. */
export const s3: Part<S3Address> = {
  name: 's3',
  title: 'S3 (SeaweedFS)',
  external(env) {
    const given = allOrNone(env, ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY']);
    return given && { endpoint: given.S3_ENDPOINT, accessKey: given.S3_ACCESS_KEY, secretKey: given.S3_SECRET_KEY };
  },
  resolve: (context) => resolveProgram('weed', 's3', context),
  launch,
};
