import { parseArgs } from 'node:util';
import { defaultApp } from './pusher/pusher.ts';
import { startSandbox, vendorNames } from './support/start.ts';
import type { VendorName } from './support/start.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '0' }, data: { type: 'string' }, 'activity-lag-seconds': { type: 'string', default: '0' } },
});
const vendor = positionals[0] as VendorName | undefined;

if (vendor === undefined || !vendorNames.includes(vendor)) {
  console.error(`Usage: sandboxes/main.ts <${vendorNames.join('|')}> [--port N] [--data DIR] [--activity-lag-seconds N]`);
  process.exit(2);
}

const sandbox = await startSandbox(vendor, {
  port: Number(values.port),
  ...(values.data === undefined ? {} : { dataDir: values.data }),
  activityLagSeconds: Number(values['activity-lag-seconds']),
  pusher: {
    appId: process.env['PUSHER_APP_ID'] ?? defaultApp.appId,
    key: process.env['PUSHER_KEY'] ?? defaultApp.key,
    secret: process.env['PUSHER_SECRET'] ?? defaultApp.secret,
  },
});
console.log(JSON.stringify({ msg: 'ready', vendor, url: sandbox.url, pid: process.pid }));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void sandbox.stop().then(() => process.exit(0));
  });
}
