import { piiTypes } from '../../domain/pii.ts';
import type { Collected } from './ciphertexts.ts';
import { type Finding, finding, holds } from './findings.ts';
import { knownToVendors } from './life/vendors.ts';
import type { Quest } from './quest.ts';
import { hitsIn, hitsOf, type Searched } from './report.ts';

/** Before a person is erased: all of it is there, sealed, and nothing in clear. Else it would prove nothing that it is not found afterwards. */
export async function findBefore(quest: Quest, searched: Searched, { theirs, all, unopened }: Collected): Promise<Finding[]> {
  const { person, platform, life, keyMarks } = quest;
  const places = [...new Set(theirs.map(({ where }) => where))];
  const missing = piiTypes.filter((kind) => !theirs.some(({ plain }) => plain.includes(person[kind])));
  const vendors = new Set((await knownToVendors(person, platform, life.tenantId)).map((told) => told.split(':')[0]));
  const inKeyring = hitsIn(searched, 'PostgreSQL (keyring)');
  const inClear = hitsOf(searched).filter(({ mark }) => !(mark in keyMarks));
  const unseen = Object.keys(keyMarks).filter((mark) => !inKeyring.some((hit) => hit.mark === mark));
  const astray = hitsOf(searched).filter((hit) => hit.mark in keyMarks && !inKeyring.includes(hit));
  return [
    finding(`all 13 kinds of personal data were sealed on the platform: ${theirs.length} values in ${places.join(', ')}`, missing),
    finding(`each of the ${all} sealed values of anybody opened to one of the keys there were`, unopened),
    holds('Stripe, SendGrid and Roblox knew the person', vendors.size === 3),
    finding(
      'before, no mark stood anywhere in clear',
      inClear.map(({ mark, where }) => `${mark} in ${where}`),
    ),
    finding('before, the wrapped keys of the person stood in the keyring’s files', unseen),
    finding(
      'and in no other file',
      astray.map(({ where }) => where),
    ),
  ];
}
