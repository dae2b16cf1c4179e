/** The two ways a package's records are written. JSON keeps the types, CSV opens in a spreadsheet. */
export const exportFormats = ['json', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** Whom a package is sealed to: a public key of age, or a passphrase that the platform makes and shows once. */
export type ExportRecipient = { readonly kind: 'public-key'; readonly key: string } | { readonly kind: 'passphrase' };

export const exportStatuses = ['making', 'ready', 'failed', 'revoked', 'expired'] as const;
export type ExportStatus = (typeof exportStatuses)[number];

/** What stands in a package for data of others. */
export const redacted = '[redacted]';
