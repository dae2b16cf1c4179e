// Bech32 (BIP 173) as age writes its keys: the last six characters are a checksum, so a slip of the pen is found before anything is sealed.
const alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const prefix = 'age';
const shape = /^age1[02-9ac-hj-np-z]{58}$/;

function step(checksum: number, value: number): number {
  const top = checksum >>> 25;
  const next = ((checksum & 0x1ffffff) << 5) ^ value;
  return generators.reduce((sum, generator, bit) => ((top >>> bit) & 1 ? sum ^ generator : sum), next);
}

/** Whether this is a public key of age (X25519, `age1` and 58 characters) without a slip in it. */
export function isAgeRecipient(key: string): boolean {
  if (!shape.test(key)) return false;
  const codes = Array.from(prefix, (letter) => letter.codePointAt(0) ?? 0);
  const expanded = [...codes.map((code) => code >>> 5), 0, ...codes.map((code) => code & 31)];
  const data = Array.from(key.slice(prefix.length + 1), (letter) => alphabet.indexOf(letter));
  return [...expanded, ...data].reduce(step, 1) === 1;
}
