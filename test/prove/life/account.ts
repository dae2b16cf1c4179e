import type { Person } from '../person.ts';
import type { Platform } from '../platform.ts';
import { type Browser, openBrowser, type Page } from './browser.ts';

/** The person signed in, at their own browser. */
export interface OwnAccount {
  readonly browser: Browser;
  readonly token: string;
  readonly personId: string;
  readonly accountId: string;
}

interface Mail {
  readonly text: string;
}
/** What stands behind the `#token=` of the newest mail to an address that has one. */
async function codeMailedTo({ up }: Platform, email: string): Promise<string> {
  const response = await fetch(`${up.sandboxes.sendgrid?.url}/_sandbox/messages?to=${encodeURIComponent(email)}`);
  const { messages } = (await response.json()) as { messages: readonly Mail[] };
  const code = messages.map(({ text }) => /#token=([\w.~-]+)/.exec(text)?.[1]).findLast((found) => found !== undefined);
  if (!code) throw new Error('No mail with a link has come.');
  return code;
}

/** The body of an answer of this status. Throws on any other. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a test reads into answers as it expects them
export const expectPage = <T>({ status, body }: Page, wanted: number): T => {
  if (status !== wanted) throw new Error(`It answered ${status}: ${JSON.stringify(body)}`);
  return body as T;
};

export function expectRefusal({ status }: Page): void {
  if (status < 400 || status > 499) throw new Error(`It answered ${status} to what makes no sense.`);
}

/** Accepts the invitation of the school and signs in, from the address and with the device that are the person's marks. */
export async function acceptAndSignIn(person: Person, platform: Platform): Promise<OwnAccount> {
  const { email, password, name, ip_address: from, device_id: userAgent } = person;
  const browser = openBrowser(platform.up.api.url, { from, userAgent });
  const token = await codeMailedTo(platform, email);
  expectPage(await browser('/v1/invitations/accept', { body: { token, password, displayName: name } }), 200);
  // As people do: mistyped first.
  expectPage(await browser('/v1/auth/token', { body: { email, password: `${password}!` } }), 401);
  const { accessToken } = expectPage<{ accessToken: string }>(await browser('/v1/auth/token', { body: { email, password } }), 200);
  const me = expectPage<{ account: { id: string }; membership: { personId: string } }>(
    await browser('/v1/me', { token: accessToken }),
    200,
  );
  return { browser, token: accessToken, personId: me.membership.personId, accountId: me.account.id };
}
