/** Whose queue a place is reached by. */
export type Reached = 'house' | 'stripe' | 'sendgrid' | 'roblox';
/** A place in the order in which a person is erased. */
export interface PlannedPlace {
  readonly place: string;
  readonly by: Reached;
}

const vendors: Readonly<Record<string, Reached>> = { stripe: 'stripe', sendgrid: 'sendgrid', roblox: 'roblox' };
export const reachedBy = (place: string): Reached => vendors[place] ?? 'house';

/** What a vendor keeps for a while after it has erased. `reference`: ours, or a digest. */
export interface Tombstone {
  readonly place: string;
  readonly reference: string;
  /** RFC 3339. */
  readonly until: string;
}
