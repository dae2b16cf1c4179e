import type { Counts } from './residual.ts';

/** What an erasure states of itself, to be certified: ids, words of ours, counts and times (RFC 3339 UTC, milliseconds). No personal data. */
export interface ErasureStatement {
  readonly subjectId: string;
  readonly law: 'gdpr' | 'cpra';
  readonly receivedAt: string;
  readonly completedAt: string;
  readonly places: readonly StatedPlace[];
  readonly checks: readonly { readonly check: string; readonly at: string; readonly count: number; readonly passed: boolean }[];
  readonly keyDestruction: {
    readonly outcome: 'destroyed' | 'destroyed-before' | 'never-made';
    readonly at: string;
    readonly rounds: number;
    readonly bytesSearched: number;
    readonly found: number;
  };
  readonly keyringBackups: readonly { readonly backup: string; readonly expiresAt: string; readonly gone: boolean }[];
  readonly tombstones: readonly {
    readonly place: string;
    readonly reference: string;
    readonly until: string;
    readonly gone: boolean;
  }[];
}
export interface StatedPlace {
  readonly place: string;
  readonly controlledBy: 'platform' | 'vendor';
  readonly before: Counts;
  readonly receipts: readonly { readonly at: string; readonly erased: Counts; readonly references: readonly string[] }[];
  readonly residual: Counts;
  readonly retained: readonly { readonly what: string; readonly count: number; readonly basis: string }[];
}
