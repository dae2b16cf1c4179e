/** Preloaded into a process (`--import`): its host's clock is off by CLOCK_AHEAD_MS. The monotonic clock and timers are as they are. */
const ahead = Number(process.env['CLOCK_AHEAD_MS']);
const right = Date.now;
const Right = Date;

class WrongDate extends Right {
  constructor(...given: [] | ConstructorParameters<typeof Date>) {
    super(...((given.length === 0 ? [right() + ahead] : given) as [number]));
  }
  static override now(): number {
    return right() + ahead;
  }
}
globalThis.Date = WrongDate as DateConstructor;
