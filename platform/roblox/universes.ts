/** An experience of ours, and under which keys it stores a user. */
export interface Universe {
  readonly id: string;
  /** Each holds `{userId}` once: `user_{userId}`. */
  readonly keyPatterns: readonly string[];
  /** Ordered data stores cannot be listed, so they are named: `Wins`, or `Wins/season-1` in another scope than `global`. */
  readonly orderedStores: readonly string[];
}

const mark = '{userId}';
export const isKeyPattern = (pattern: string): boolean => pattern.split(mark).length === 2;

/** The keys a user is stored under. */
export const keysOf = ({ keyPatterns }: Universe, userId: string): string[] => keyPatterns.map((pattern) => pattern.replace(mark, userId));

/** Of a pattern, what stands before what follows the user's id: all its keys begin so. */
export const prefixesOf = ({ keyPatterns }: Universe, userId: string): string[] => [
  ...new Set(keyPatterns.map((pattern) => pattern.slice(0, pattern.indexOf(mark)) + userId)),
];

/** The users a key may be of: each pattern is tried. */
export function usersIn({ keyPatterns }: Universe, key: string): string[] {
  return keyPatterns.flatMap((pattern) => {
    const [before = '', after = ''] = pattern.split(mark);
    const fits = key.startsWith(before) && key.endsWith(after) && key.length > before.length + after.length;
    const inner = fits ? key.slice(before.length, key.length - after.length) : '';
    return /^[1-9]\d{0,18}$/.test(inner) ? [inner] : [];
  });
}
