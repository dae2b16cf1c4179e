/** Whose queue a place is reached by. */
export type Reached = 'house' | 'stripe' | 'sendgrid' | 'roblox';
/** A place in the order in which a person is erased. */
export interface PlannedPlace {
  readonly place: string;
  readonly by: Reached;
  /** `named`: it is searched by what is known of the person, so it must be empty before the `last` go, which know it. */
  readonly phase: 'named' | 'rows' | 'last';
}

const vendors: Readonly<Record<string, Reached>> = { stripe: 'stripe', sendgrid: 'sendgrid', roblox: 'roblox' };
const named = new Set(['stripe', 'sendgrid', 'roblox', 'redis', 'temporal', 'break_glass_accesses', 'guardianships']);
const last = new Set(['people', 'accounts', 'subject_keys', 'blind_indexes']);
export const planned = (place: string): PlannedPlace => ({
  place,
  by: reachedBy(place),
  phase: named.has(place) ? 'named' : last.has(place) ? 'last' : 'rows',
});
export const reachedBy = (place: string): Reached => vendors[place] ?? 'house';
