/** Open Cloud as a bare client asks it: there is no SDK. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}
export type OpenCloud = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** @param url the sandbox's, or that of a proxy before it */
export const openCloudAt =
  (url: string, key = 'sandbox'): OpenCloud =>
  async (method, path, body, headers = { 'x-api-key': key }) => {
    const response = await fetch(`${url}/cloud/v2${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
  };

export const idsOf = ({ body }: Answer, list = 'dataStoreEntries'): string[] => (body[list] as { id: string }[]).map(({ id }) => id);
