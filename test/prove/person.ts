import { randomBytes, randomInt } from 'node:crypto';
import type { PiiType } from '../../domain/pii.ts';
import type { Marks } from './search.ts';

const letters = (length: number): string => [...randomBytes(length)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
const digits = (length: number): string => Array.from({ length }, () => randomInt(10)).join('');
const two = (number: number): string => `${number}`.padStart(2, '0');

/** Everybody's: not a mark of anybody. */
export const givenName = 'Zoë';

/** Of each kind of personal data a value, and what else would give the person away. */
export type Person = Readonly<Record<PiiType | 'familyName' | 'password', string>> & Marks;

/** A person nobody else is: their marks stand nowhere by chance. */
export function makePerson(): Person {
  const born = `19${two(randomInt(1, 30))}-${two(randomInt(1, 13))}-${two(randomInt(1, 29))}`;
  const familyName = `${letters(1).toUpperCase()}${letters(11)}`;
  return {
    familyName,
    password: `${letters(16)}${digits(4)}`,
    email: `${letters(12)}@marked.example`,
    name: `${givenName} ${familyName}`,
    phone: `+4930${digits(9)}`,
    address: `${letters(10)} Street ${digits(3)}`,
    date_of_birth: born,
    government_id: `G${digits(11)}`,
    student_number: `S${letters(4)}${digits(8)}`,
    roblox_user_id: `9${digits(10)}`,
    ip_address: `127.${randomInt(100, 250)}.${randomInt(100, 250)}.${randomInt(100, 250)}`,
    device_id: `Device/${letters(12)}`,
    location: `52.${digits(7)},13.${digits(7)}`,
    billing_identity: `BI${digits(12)}`,
    guardian_contact: `${letters(12)}@guardian.example`,
  };
}
