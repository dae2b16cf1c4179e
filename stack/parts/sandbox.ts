import { mkdirSync } from 'node:fs';
import { allOrNone } from '../all-or-none.ts';
import { bareEnvironment } from '../environment.ts';
import { nodeProgram } from '../node-program.ts';
import type { Context, Launch, Part } from '../part.ts';
import { StackError } from '../stack-error.ts';
import { answersOk } from '../wait.ts';

export interface SandboxAddress {
  readonly url: string;
}

interface Vendor {
  readonly title: string;
  /** Its address. Set, the vendor (or a sandbox) runs elsewhere and the keys are the user's own. */
  readonly base: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** Keys that open nothing but a sandbox. */
export const vendors = {
  stripe: { title: 'Stripe', base: 'STRIPE_API_BASE', keys: { STRIPE_SECRET_KEY: 'sk_test_toolbox' } },
  sendgrid: { title: 'SendGrid', base: 'SENDGRID_API_BASE', keys: { SENDGRID_API_KEY: 'SG.sandbox' } },
  pusher: {
    title: 'Pusher',
    base: 'PUSHER_API_BASE',
    keys: { PUSHER_APP_ID: 'toolbox', PUSHER_KEY: 'toolbox-key', PUSHER_SECRET: 'toolbox-secret' },
  },
  roblox: {
    title: 'Roblox',
    base: 'ROBLOX_API_BASE',
    keys: { ROBLOX_API_KEY: 'rbx-sandbox', ROBLOX_WEBHOOK_SECRET: 'roblox-sandbox-secret' },
  },
} as const satisfies Record<string, Vendor>;
export type VendorName = keyof typeof vendors;
export const vendorNames = Object.keys(vendors) as VendorName[];

async function launch(name: VendorName, { home, ports, env }: Context): Promise<Launch<SandboxAddress>> {
  const port = await ports.choose(name);
  const data = home.data(name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const url = `http://127.0.0.1:${port}`;
  return {
    program: process.execPath,
    args: [...nodeProgram('sandboxes/main'), name, '--port', String(port), '--data', data],
    env: { ...bareEnvironment(env), ...vendors[name].keys },
    stopSignal: 'SIGTERM',
    stopWithinMs: 5_000,
    healthy: () => answersOk(`${url}/_sandbox/health`),
    settle: async () => ({ url }),
  };
}

/** A stand-in for a vendor, replaced by the vendor itself when its address and keys are set. */
export const sandbox = (name: VendorName): Part<SandboxAddress> => ({
  name,
  title: `${vendors[name].title} sandbox`,
  external(env) {
    const { base, keys } = vendors[name];
    const lone = Object.keys(keys).find((key) => env[key]);
    if (!env[base] && lone !== undefined)
      throw new StackError(`${lone} is set without ${base}: set the vendor's address too, or unset the key to use the sandbox.`);
    const given = allOrNone(env, [base, ...Object.keys(keys)]);
    return given && { url: String(given[base]) };
  },
  resolve: async () => process.execPath,
  launch: (context) => launch(name, context),
});
