import { z } from 'zod';
import { openApiDocument } from '../support/openapi.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface DocumentsDeps {
  /** The public keys that verify access tokens, as a JSON Web Key Set. */
  readonly publicJwks: () => Promise<{ readonly keys: readonly object[] }>;
  /** All routes, these among them; read when asked. */
  readonly routes: () => readonly Route[];
}

const Jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

/** What others need in order to talk to the API: its document, and the keys of its tokens. */
export function documentRoutes({ publicJwks, routes }: DocumentsDeps): Route[] {
  let document: Record<string, unknown> | undefined;
  return [
    route({
      method: 'get',
      path: '/openapi.json',
      access: 'public',
      summary: 'This API as an OpenAPI 3.1 document',
      responses: { 200: z.looseObject({ openapi: z.string() }) },
      handler: async () => {
        document ??= openApiDocument(routes());
        return reply(200, { openapi: '3.1.0', ...document }, { 'Cache-Control': 'public, max-age=60' });
      },
    }),
    route({
      method: 'get',
      path: '/.well-known/jwks.json',
      access: 'public',
      summary: 'The public keys that verify access tokens',
      responses: { 200: Jwks },
      handler: async () => reply(200, (await publicJwks()) as z.input<typeof Jwks>, { 'Cache-Control': 'public, max-age=300' }),
    }),
  ];
}
