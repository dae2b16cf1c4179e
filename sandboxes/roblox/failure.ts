import type { Reply } from '../support/http.ts';

const statusOf = {
  INVALID_ARGUMENT: 400,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
} as const;
export type RobloxCode = keyof typeof statusOf;

/** A refusal in the words of Open Cloud's second version; its gateway has others. */
export class RobloxFailure extends Error {
  readonly code: RobloxCode;

  constructor(code: RobloxCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const notFound = (what: string): RobloxFailure => new RobloxFailure('NOT_FOUND', `${what} not found.`);
export const invalid = (message: string): RobloxFailure => new RobloxFailure('INVALID_ARGUMENT', message);

/** Throws what is no refusal of Roblox's. */
export function refusal(error: unknown): Reply {
  if (!(error instanceof RobloxFailure)) throw error;
  const { code, message } = error;
  return { status: statusOf[code], body: { code, message } };
}
