import { type Ciphertext, collectCiphertexts, type Collected, tryAll } from './ciphertexts.ts';
import { databaseBackups, keyringBackups } from './backups.ts';
import { erase } from './erase.ts';
import { type Finding, finding, holds, printFindings } from './findings.ts';
import { findBefore } from './find-before.ts';
import { type Key, marksOfKeys, unwrapped, wrappedKeys } from './keys.ts';
import { writeLegibly } from './legible.ts';
import { live } from './life/live.ts';
import { knownToVendors } from './life/vendors.ts';
import { makePerson } from './person.ts';
import type { Platform } from './platform.ts';
import type { Quest } from './quest.ts';
import { hitsOf, printSearched, type Searched } from './report.ts';
import { settle } from './settle.ts';
import { searchRaw, searchViews, storesOf } from './stores.ts';

/** Asks every store, and then reads every file, when servers have written down what they know, or have stopped. */
async function searchEverything({ platform, stores, person, keyMarks }: Quest, stop: boolean): Promise<Searched> {
  const asked = await searchViews(stores, person);
  await (stop ? platform.stop() : settle(platform));
  return { asked, files: await searchRaw(platform.home, stores, { ...person, ...keyMarks }) };
}

const keysLeft = async (platform: Platform): Promise<Key[]> => unwrapped(platform, await wrappedKeys(platform));

/** How many of the sealed values are in a backup of the database, which is kept. */
async function inBackups({ home }: Platform, theirs: readonly Ciphertext[]): Promise<number> {
  const found = new Set<Ciphertext>();
  for await (const plain of databaseBackups(home))
    for (const each of theirs) if (plain.includes(`\\\\x${each.bytes.toString('hex')}`)) found.add(each);
  return found.size;
}

/** Whether the backup that was made before still has the wrapped keys: why an erasure is final only when it has expired. */
async function keysAwaited({ platform, keyMarks }: Quest): Promise<boolean> {
  const backups: string[] = [];
  for await (const plain of keyringBackups(platform.home, platform.up.s3)) backups.push(plain.toString());
  return Object.values(keyMarks).every((key) => backups.some((plain) => plain.includes(key)));
}

/** What was sealed of the person opens no more, though it is kept in backups; what is sealed of others opens as before. */
async function findSealed(quest: Quest, { theirs }: Collected): Promise<Finding[]> {
  const { platform, person, subjectIds } = quest;
  const keys = await keysLeft(platform);
  const { tried, opened } = tryAll(theirs, keys);
  const left = await collectCiphertexts(platform, keys, { marks: person, subjectIds });
  return [
    finding(
      `none of the ${theirs.length} sealed values of the person opens to any of the ${keys.length} keys that are left (${tried} tries)`,
      opened,
    ),
    holds('some of those are in a backup of the database, which is kept', (await inBackups(platform, theirs)) > 0),
    holds('their wrapped keys are in a backup of the keyring, sealed to whom no host is, until it expires', await keysAwaited(quest)),
    finding(`each of the ${left.all} sealed values that are left of others opens to one of these keys`, left.unopened),
    finding(
      'and none of them says anything of the person',
      left.theirs.map(({ where }) => where),
    ),
  ];
}

async function findAtVendors({ platform, person, life }: Quest): Promise<Finding> {
  return finding('Stripe, SendGrid and Roblox know nothing of the person', await knownToVendors(person, platform, life.tenantId));
}

/** Erases a person who was everywhere, and looks for them everywhere. Resolves to whether nothing was found. */
export async function proveErasure(platform: Platform, tell: (line: string) => void): Promise<boolean> {
  const person = makePerson();
  await writeLegibly(platform);
  const life = await live(person, platform, tell);
  const subjectIds = [life.personId, life.accountId];
  const keyMarks = marksOfKeys(await wrappedKeys(platform), subjectIds);
  const quest: Quest = { platform, stores: storesOf(platform), person, subjectIds, life, keyMarks };
  tell('Everything is searched.');
  const collected = await collectCiphertexts(platform, await keysLeft(platform), { marks: person, subjectIds });
  const before = await searchEverything(quest, false);
  const findings = await findBefore(quest, before, collected);
  printSearched('before', before);

  tell('The person is erased.');
  findings.push(await erase(life), await findAtVendors(quest), ...(await findSealed(quest, collected)));
  tell('Everything is searched again.');
  const after = await searchEverything(quest, true);
  printSearched('after', after);
  const hits = hitsOf(after).map(({ mark, where }) => `${mark} in ${where}`);
  findings.push(holds(`${platform.openedPayloads()} payloads of Temporal’s histories were opened for that`, platform.openedPayloads() > 0));
  findings.push(finding('after, no mark stood anywhere, nor a wrapped key of the person in any file', hits));
  return printFindings(findings);
}
