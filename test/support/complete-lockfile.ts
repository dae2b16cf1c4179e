import { readFileSync, writeFileSync } from 'node:fs';

/**
 * `npm run lockfile`, after every `npm install` that changes dependencies. A registry mirror may hold the binaries of one
 * platform only; npm then leaves the others out of the lockfile, and its own `npm ci` refuses the result everywhere. This
 * writes them back as what they are: optional packages of other platforms, never fetched here.
 */
interface Locked {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}
const file = 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> };
const systems = ['darwin', 'linux', 'win32', 'freebsd', 'netbsd', 'openbsd', 'android', 'openharmony', 'sunos', 'aix', 'wasi'];
const processors = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];
const words = (name: string): string[] => name.split(/[/-]/);
const processorOf = (name: string): string | undefined =>
  processors.find((cpu) =>
    words(name).some((word) => word === cpu || (cpu === 'arm' && word === 'arm') || (cpu === 'ppc64' && word === 'ppc64le')),
  );

const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {}, dev }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => !lock.packages[`${path}/node_modules/${name}`] && !lock.packages[`node_modules/${name}`])
    .map(([name, version]) => ({ name, version, dev })),
);
for (const { name, version, dev } of missing) {
  const os = systems.find((system) => words(name).includes(system));
  const cpu = processorOf(name);
  if (!os && !cpu) throw new Error(`${name} is missing from the lockfile and its name tells no platform.`);
  lock.packages[`node_modules/${name}`] = {
    version: version.replace(/^[\^~]/, ''),
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(dev ? { dev } : {}),
    optional: true,
    ...(os ? { os: [os] } : {}),
    ...(name.includes('musl') ? { libc: ['musl'] } : os === 'linux' ? { libc: ['glibc'] } : {}),
  };
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
console.log(`${missing.length} packages of other platforms written back.`);
