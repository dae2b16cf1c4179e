/** What must hold, in words, and what speaks against it. */
export interface Finding {
  readonly claim: string;
  readonly problems: readonly string[];
}
export const finding = (claim: string, problems: readonly string[]): Finding => ({ claim, problems: [...new Set(problems)] });
/** For what has no more to say than that it is not so. */
export const holds = (claim: string, so: boolean): Finding => finding(claim, so ? [] : ['it is not so']);

/** A line a claim. Resolves to whether all of them hold. */
export function printFindings(findings: readonly Finding[]): boolean {
  for (const { claim, problems } of findings) {
    console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${claim}`);
    for (const problem of problems) console.log(`       ${problem}`);
  }
  return findings.every(({ problems }) => problems.length === 0);
}
