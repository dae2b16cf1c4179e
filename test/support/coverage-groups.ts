/** What a child's data and a school's money hang on: of each group at least so many lines are run by the tests. */
export const groupLinePercent = 96;

/** The groups, each as patterns of the paths of its files. A pattern that fits no file is a mistake. */
export const coverageGroups: Readonly<Record<string, readonly RegExp[]>> = {
  auth: [
    /^platform\/identity(\/[\w-]+)?\.ts$/,
    /^platform\/(tokens|passwords|pseudonyms|rate-limits|rotate-signing-key)\.ts$/,
    /^api\/middleware\/(authenticate|break-glass|guards|rate-limit)\.ts$/,
    /^api\/routes\/(accounts|auth|break-glass|invitations|me|mfa|password-reset|suspension)\.ts$/,
  ],
  tenancy: [
    /^platform\/(audit|database|platform-tenant|query-rows|reading|row-reader|transaction)\.ts$/,
    /^policies\/index\.ts$/,
    /^api\/support\/(find|mount|visible-people)\.ts$/,
    /^api\/routes\/(audit|tenants|settings|people|classes)\.ts$/,
  ],
  keyring: [
    /^platform\/(keyring|wrapped-keys|key-cache|blind-index|pii|envelope|sealed-file|failure-converter|prepare-vault)\.ts$/,
    /^platform\/vault(-[\w-]+)?\.ts$/,
    /^platform\/codec\/[\w-]+\.ts$/,
  ],
  effects: [/^activities\/support\/[\w-]+\.ts$/],
};

/** How many lines of a file there are, and how many were run. `path` is relative to the project. */
export interface FileLines {
  readonly path: string;
  readonly total: number;
  readonly covered: number;
}
export interface GroupLines {
  readonly group: string;
  readonly percent: number;
  /** The files that lack most, worst first. */
  readonly lacking: readonly string[];
}

/** The share of lines run of each group. Throws when a pattern fits no file: what was moved must not go unwatched. */
export function measureGroups(files: readonly FileLines[], groups = coverageGroups): readonly GroupLines[] {
  return Object.entries(groups).map(([group, patterns]) => {
    const idle = patterns.find((pattern) => !files.some(({ path }) => pattern.test(path)));
    if (idle) throw new Error(`Coverage group '${group}': ${String(idle)} fits no file.`);
    const own = files.filter(({ path }) => patterns.some((pattern) => pattern.test(path)));
    const sum = (of: (file: FileLines) => number): number => own.reduce((total, file) => total + of(file), 0);
    const missing = ({ total, covered }: FileLines): number => total - covered;
    const lacking = own.filter((file) => missing(file) > 0).toSorted((one, other) => missing(other) - missing(one));
    return {
      group,
      percent: (100 * sum(({ covered }) => covered)) / sum(({ total }) => total),
      lacking: lacking.map((file) => `${file.path} (${missing(file)} of ${file.total} lines)`),
    };
  });
}
