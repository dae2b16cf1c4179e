import { createPusher } from '../pusher/pusher.ts';
import { createRoblox } from '../roblox/roblox.ts';
import { createSendgrid } from '../sendgrid/sendgrid.ts';
import { createStripe } from '../stripe/stripe.ts';
import { connectControl } from './control-client.ts';
import type { Control } from './control-client.ts';
import type { CreateVendor, SandboxOptions } from './kernel.ts';
import { serveVendor } from './server.ts';

const vendors = { stripe: createStripe, sendgrid: createSendgrid, pusher: createPusher, roblox: createRoblox } satisfies Record<
  string,
  CreateVendor
>;
export type VendorName = keyof typeof vendors;
export const vendorNames = Object.keys(vendors) as VendorName[];

export interface Sandbox {
  /** Base URL, `http://127.0.0.1:<port>`. */
  readonly url: string;
  readonly control: Control;
  stop(): Promise<void>;
}

/** Starts a stand-in for a vendor in this process. Rejects when its port is taken. */
export async function startSandbox(vendor: VendorName, options: SandboxOptions = {}): Promise<Sandbox> {
  const { url, stop } = await serveVendor(vendor, vendors[vendor], options);
  return { url, stop, control: connectControl(url) };
}
