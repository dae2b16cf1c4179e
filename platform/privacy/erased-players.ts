import { type BlindIndex, hmacKey } from '../blind-index.ts';
import { peopleOfRobloxUser, type RobloxUserDeps, robloxUsersOf } from './roblox-users.ts';
import type { Subject } from './subject.ts';

export interface OfRequest {
  readonly subject: Subject;
  /** Under its id the player is remembered, to be looked for when nobody knows the number any more. */
  readonly requestId: string;
}
/** A player in clear, or, when nobody knows the number any more, what tells among numbers which is theirs. Neither leaves an activity. */
export type SoughtPlayer = string | ((userIds: readonly string[]) => Promise<ReadonlySet<string>>);

const purpose = 'erased-roblox';
/** The request is part of it: siblings who share a number may be erased at a time. */
const digestOf = (index: BlindIndex, requestId: string, userId: string): Buffer => index.hmac(purpose, `${requestId}:${userId}`);

const numberOf = async (deps: RobloxUserDeps, { tenantId, personId }: Subject): Promise<string | undefined> =>
  (await robloxUsersOf(deps, tenantId, [personId]))[0]?.userId;

/** Whether there is anybody to look for: without a number and a digest nothing need be asked of Roblox. */
export async function isSought(deps: RobloxUserDeps, { subject, requestId }: OfRequest): Promise<boolean> {
  if ((await numberOf(deps, subject)) !== undefined) return true;
  return (await deps.keyring.blindIndex(subject.tenantId)).has(purpose, requestId);
}

/** Whom a request looks for at Roblox; undefined: nobody. */
export async function soughtPlayer(deps: RobloxUserDeps, of: OfRequest): Promise<SoughtPlayer | undefined> {
  const number = await numberOf(deps, of.subject);
  if (number !== undefined) return number;
  const index = await deps.keyring.blindIndex(of.subject.tenantId);
  return (await index.has(purpose, of.requestId)) ? among(deps, index, of) : undefined;
}

/** Puts a player's digest under the request. Safe to repeat. */
export async function rememberPlayer({ keyring }: Pick<RobloxUserDeps, 'keyring'>, { subject, requestId }: OfRequest, userId: string) {
  const index = await keyring.blindIndex(subject.tenantId);
  await index.put(purpose, [{ hmac: digestOf(index, requestId, userId), subjectId: requestId }]);
}

/** What is stored of a number that somebody else of the school has today, as a sibling may, is theirs. */
const among =
  (deps: RobloxUserDeps, index: BlindIndex, { subject: { tenantId }, requestId }: OfRequest) =>
  async (userIds: readonly string[]): Promise<ReadonlySet<string>> => {
    const users = new Map(userIds.map((userId) => [hmacKey(digestOf(index, requestId, userId)), userId]));
    const found = await index.find(
      purpose,
      [...users.keys()].map((key) => Buffer.from(key, 'base64')),
    );
    const wanted = new Set<string>();
    for (const key of found.keys()) {
      const userId = users.get(key);
      if (userId !== undefined && (await peopleOfRobloxUser(deps, tenantId, userId)).length === 0) wanted.add(userId);
    }
    return wanted;
  };
