import type { Route, SandboxRequest } from './http.ts';

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** First the routes with more fixed text, so that `/x/all` wins over `/x/{id}` in whatever order they were listed. */
export function createRouter(routes: readonly Route[]): (request: SandboxRequest) => Match | undefined {
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
