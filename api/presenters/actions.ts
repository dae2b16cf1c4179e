/** What the caller may do with a resource: the API's answer, so that no client re-implements the permissions. */
export function actionsOf(candidates: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(candidates).filter((action) => candidates[action]);
}
