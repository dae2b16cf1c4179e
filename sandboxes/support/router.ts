import type { SandboxRequest } from './http.ts';

export interface Match<R> {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a request: first those with more fixed text, so that `/x/all` wins over `/x/{id}` in whatever order they were listed. */
export function createRouter<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[],
): (request: SandboxRequest) => Match<R> | undefined {
  const compiled = routes.map((route) => ({ route, ...compile(route.path) })).sort((a, b) => b.fixed - a.fixed);
  return ({ method, path }) => {
    for (const { route, pattern } of compiled) {
      const found = route.method === method ? pattern.exec(path) : null;
      if (found) return { route, params: { ...found.groups } };
    }
    return undefined;
  };
}

function compile(path: string): { pattern: RegExp; fixed: number } {
  const source = path.replace(/[.:*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { pattern: new RegExp(`^${source}$`), fixed: path.replace(/\{\w+\}/g, '').length };
}
