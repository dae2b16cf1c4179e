import { randomBytes } from 'node:crypto';
import { createApiClient } from './api-client.ts';
import type { StackFile } from './stack-file.ts';

export interface AdminLogin {
  readonly email: string;
  readonly password: string;
}
interface Mail {
  readonly to: string;
  readonly text: string;
}

/**
 * Does what the school's first admin would do: opens the invitation mail (kept by the mail sandbox), follows its link and
 * chooses a password. Answers nothing where mails really leave, since then only the admin can read them.
 */
export async function acceptAdminInvitation(
  stack: StackFile,
  { slug, adminEmail }: { slug: string; adminEmail?: string },
): Promise<AdminLogin | undefined> {
  const outbox = stack.sandboxes.sendgrid?.url;
  if (!outbox) return undefined;
  const email = adminEmail ?? `admin@${slug}.example`;
  const response = await fetch(`${outbox}/_sandbox/messages?to=${encodeURIComponent(email)}`);
  const { messages } = (await response.json()) as { messages: readonly Mail[] };
  const token = messages.map(({ text }) => /#token=([\w.~-]+)/.exec(text)?.[1]).find((found) => found !== undefined);
  if (!token) return undefined;
  const password = randomBytes(12).toString('base64url');
  await createApiClient(stack.api.url).call('/v1/invitations/accept', { method: 'POST', body: { token, password } });
  return { email, password };
}
