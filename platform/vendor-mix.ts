/** Whether an address is the vendor's own, and what kind of key came with it. */
interface Vendor {
  readonly key: string;
  readonly address: string;
  readonly isVendor: (url: URL) => boolean;
  /** `live` moves money or reaches people; `test` is the vendor's own test key; anything else opens nothing at the vendor. */
  readonly kindOf: (key: string) => 'live' | 'test' | 'sandbox';
}

const vendors: readonly Vendor[] = [
  {
    key: 'STRIPE_SECRET_KEY',
    address: 'STRIPE_API_BASE',
    isVendor: ({ hostname }) => hostname === 'api.stripe.com',
    kindOf: (key) => (/^[sr]k_live_/.test(key) ? 'live' : 'test'),
  },
  {
    key: 'SENDGRID_API_KEY',
    address: 'SENDGRID_API_BASE',
    isVendor: ({ hostname }) => hostname === 'api.sendgrid.com' || hostname === 'api.eu.sendgrid.com',
    kindOf: (key) => (/^SG\.[\w-]{22}\.[\w-]{43}$/.test(key) ? 'live' : 'sandbox'),
  },
  {
    key: 'PUSHER_SECRET',
    address: 'PUSHER_API_BASE',
    isVendor: ({ hostname }) => /(^|\.)(pusher|pusherapp)\.com$/.test(hostname),
    kindOf: (key) => (/^[0-9a-f]{20}$/.test(key) ? 'live' : 'sandbox'),
  },
  {
    key: 'ROBLOX_API_KEY',
    address: 'ROBLOX_API_BASE',
    isVendor: ({ hostname }) => hostname === 'apis.roblox.com',
    // Roblox documents no form: its keys are long Base64, some with a token in it.
    kindOf: (key) => (/^[A-Za-z0-9+/=_.-]{40,}$/.test(key) ? 'live' : 'sandbox'),
  },
];

function mixOf({ key, address, isVendor, kindOf }: Vendor, env: Readonly<Record<string, string>>, production: boolean): string | undefined {
  const kind = kindOf(env[key] ?? '');
  const url = new URL(env[address] ?? '');
  if (kind === 'live' && !isVendor(url)) return `${address}: a live ${key} goes to the vendor's own address only`;
  if (isVendor(url) && url.protocol !== 'https:') return `${address}: the vendor is reached by https only`;
  if (kind === 'sandbox' && isVendor(url)) return `${key}: a sandbox's key with the vendor's own address`;
  if (kind === 'test' && isVendor(url) && production) return `${key}: a test key with the vendor's own address in production`;
  return undefined;
}

/** Names every vendor whose key and address do not belong together: a live key never reaches a sandbox, nor a test key the vendor in production. */
export const findVendorMixes = (env: Readonly<Record<string, string>>, production: boolean): string[] =>
  vendors.map((vendor) => mixOf(vendor, env, production)).filter((mix) => mix !== undefined);
