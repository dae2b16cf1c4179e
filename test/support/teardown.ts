type Act = () => unknown;
const acts: Act[] = [];

/** Runs `act` when the last suite of this process has ended: for what is made once and shared (a bundle, a connection). */
export const atEnd = (act: Act): void => {
  acts.unshift(act);
};

export async function tearDown(): Promise<void> {
  for (const act of acts.splice(0)) await act();
}
