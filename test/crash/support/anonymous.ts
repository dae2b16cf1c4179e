/** What one run calls its own: texts of it that another run of the same example calls otherwise. */
export type Names = Readonly<Record<string, string>>;

/** Everything that is made anew for each run: ids, times and what is random by intent. Its length is told, where it has a meaning. */
const generated: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/"\\\\x((?:[0-9a-f]{2}){8,})"/g, (found) => `"BYTES(${(found.length - 5) / 2})"`],
  [/vault:v\d+:[\w+/=]+/g, (found) => `WRAPPED(${found.length})`],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID'],
  [/\b(?:cus|price|prod|sub|si|in|il|inpay|evt|req|pi|pm|ch|seti)_\w{10,}/g, 'ID'],
  // SendGrid's ids of messages, and what is made from them.
  [/[\w-]+\.recvd-[\w.-]+/g, 'MESSAGE'],
  [/(erase-recipient:[\w-]+:)[0-9a-f]{16}/g, '$1DIGEST'],
  [/\btest_in_\w{10,}/g, 'LINK'],
  [/\b(?:re|cn|cnli|txn)_\w{10,}/g, 'ID'],
  [/\$argon2id\$[\w$=,+/]+/g, 'HASH'],
  [/#token=[\w-]+/g, '#token=TOKEN'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(?:Z|\+00:00|\+00)/g, 'TIME'],
  [/\b\d{4}-\d\d-\d\d\b/g, 'DAY'],
  [/\b[A-Z0-9]{8}-\d{4}\b/g, 'BILL'],
  // What is made of ids and times: links of a chain, and signatures.
  [/"(previousHash|hash|beforeDigest|afterDigest|signature)": ?"[\w-]{64,86}"/g, (found) => found.replace(/"[\w-]+"$/, 'MADE')],
  [/"vendor_ref": ?"[^"]+"/g, '"vendor_ref": "REF"'],
  [/until [^."]+\./g, 'until WHEN.'],
  // How far a cluster's log was, and how often it was switched until no old file was left.
  [/"(lsn|rounds)": ?(?:"[\dA-F/]+"|\d+)/g, '"$1": N'],
  // How fast it was, how often a row was written, and where it stands in a chain that all runs share.
  [/"(seconds|rowsPerSecond|version|seq|generation)": ?[\d.]+/g, (found) => found.replace(/[\d.]+$/, 'N')],
];

/** A text with everything replaced that would differ between two runs of which nobody could tell which is which. */
export function anonymous(text: string, names: Names): string {
  let replaced = text;
  for (const [name, own] of Object.entries(names)) replaced = replaced.replaceAll(own, name);
  for (const [pattern, by] of generated) replaced = replaced.replace(pattern, by as string);
  return replaced;
}

/** What is in one multiset and not in the other. */
export function difference(here: readonly string[], there: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const item of there) left.set(item, (left.get(item) ?? 0) + 1);
  return here.filter((item) => {
    const count = left.get(item) ?? 0;
    left.set(item, count - 1);
    return count <= 0;
  });
}
