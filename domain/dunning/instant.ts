/** Milliseconds since 1970 UTC, as clocks and arithmetic have it. RFC 3339 is for the wire. */
export type Instant = number;
export const hour = 3_600_000;
export const day = 24 * hour;
