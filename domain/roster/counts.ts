import type { RosterFormat } from './records.ts';

export interface Delta {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** In the last roster, not in this one: kept, marked inactive. */
  readonly deactivated: number;
}
export const noDelta: Delta = { created: 0, updated: 0, unchanged: 0, deactivated: 0 };

export const addDelta = (a: Delta, b: Partial<Delta>): Delta => ({
  created: a.created + (b.created ?? 0),
  updated: a.updated + (b.updated ?? 0),
  unchanged: a.unchanged + (b.unchanged ?? 0),
  deactivated: a.deactivated + (b.deactivated ?? 0),
});

/** What a check found: every file with its rows (the header not counted), and how many rows each kind of thing has. */
export interface RosterCheck {
  readonly format: RosterFormat;
  readonly files: readonly { readonly name: string; readonly rows: number }[];
  readonly totals: { readonly rows: number; readonly people: number; readonly classes: number; readonly enrollments: number };
}

export interface RosterCounts {
  readonly orgUnits: Delta;
  readonly people: Delta;
  readonly classes: Delta;
  readonly enrollments: Delta;
  readonly guardianships: Delta;
  /** Rows that were refused; each is in the report, up to its limit. */
  readonly badRows: number;
  /** Rows read, the bad ones among them. */
  readonly rows: number;
}
/** What an import hands back; `seconds` is time at work, without pauses between attempts. */
export interface RosterImported extends RosterCounts {
  readonly format: RosterFormat;
  readonly seconds: number;
  readonly rowsPerSecond: number;
}
export const noCounts: RosterCounts = {
  orgUnits: noDelta,
  people: noDelta,
  classes: noDelta,
  enrollments: noDelta,
  guardianships: noDelta,
  badRows: 0,
  rows: 0,
};
