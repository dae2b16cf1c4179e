import type { Life } from './life/live.ts';
import type { Person } from './person.ts';
import type { Platform } from './platform.ts';
import type { Marks } from './search.ts';
import type { Store } from './stores.ts';

/** Who is looked for, and where. */
export interface Quest {
  readonly platform: Platform;
  readonly stores: readonly Store[];
  readonly person: Person;
  readonly life: Life;
  /** The person's and their account's. */
  readonly subjectIds: readonly string[];
  /** Their wrapped keys: before they must stand in files, and afterwards must not. */
  readonly keyMarks: Marks;
}
