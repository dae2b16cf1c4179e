import { hash, verify } from '@node-rs/argon2';
import { WeakPasswordError } from '../domain/errors.ts';

/** OWASP's choice for argon2id (the library's default variant): 19 MiB, two passes, one lane; about 20 ms a try. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const minCharacters = 12;
const maxCharacters = 256;

/** The same password typed on another keyboard may arrive in another Unicode form. */
const canonical = (password: string): string => password.normalize('NFKC');

/** Throws WeakPasswordError: too short, too long, or the login itself. Length is in characters, whatever they are. */
export function checkPassword(password: string, login: string): void {
  const { length } = Array.from(canonical(password));
  if (length < minCharacters) throw new WeakPasswordError(`A password has at least ${minCharacters} characters.`);
  if (length > maxCharacters) throw new WeakPasswordError(`A password has at most ${maxCharacters} characters.`);
  if (new Set(canonical(password).toLowerCase()).size < 4) throw new WeakPasswordError('A password has at least 4 different characters.');
  if (canonical(password).trim().toLowerCase() === canonical(login).trim().toLowerCase()) {
    throw new WeakPasswordError('A password is not the login.');
  }
}

/** The encoded argon2id hash, with its salt and cost. */
export const hashPassword = (password: string): Promise<string> => hash(canonical(password), cost);

let decoy: Promise<string> | undefined;

/** Whether the password is the hashed one. Without a hash (no such account) it does the same work and says no: time tells nothing. */
export async function verifyPassword(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  if (password.length > maxCharacters * 4) return false;
  const against = passwordHash ?? (await (decoy ??= hashPassword('no account has this password')));
  return (await verify(against, canonical(password))) && Boolean(passwordHash);
}
