import type { VendorName } from '../../../sandboxes/support/start.ts';
import { at, deref, isObject, resolve } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** Where a vendor is known to do otherwise than its document says. */
export interface Deviation {
  readonly vendor: VendorName;
  readonly reason: string;
  /** Makes the document say what the vendor does. */
  readonly amend: (document: JsonObject) => void;
}

const jsonBody = ['content', 'application/json', 'schema'];

export const deviations: readonly Deviation[] = [
  {
    vendor: 'stripe',
    reason: 'The SDK sends the parameters of a DELETE in the query; the document has them in a form body.',
    amend: (document) => {
      for (const item of Object.values(resolve(document, 'paths'))) {
        const fields = at(item, 'delete', 'requestBody', 'content', 'application/x-www-form-urlencoded', 'schema', 'properties');
        const parameters = at(item, 'delete', 'parameters');
        if (!isObject(fields) || !Array.isArray(parameters)) continue;
        parameters.push(...Object.entries(fields).map(([name, schema]) => ({ name, in: 'query', schema })));
      }
    },
  },
  {
    vendor: 'sendgrid',
    reason: 'Message-level custom_args is typed as a string; API and SDK use an object of strings, as in a personalization.',
    amend: (document) => {
      const properties = resolve(document, 'paths', '/v3/mail/send', 'post', 'requestBody', ...jsonBody, 'properties');
      properties['custom_args'] = { type: 'object', additionalProperties: { type: 'string' } };
    },
  },
  {
    vendor: 'sendgrid',
    reason: 'In errors `field` and `help` may be null, and may stand where the document names only `message`.',
    amend: (document) =>
      eachErrorSchema(document, (properties) => {
        properties['field'] = { type: 'string', nullable: true };
        properties['help'] = { nullable: true, type: 'object' };
      }),
  },
  {
    vendor: 'sendgrid',
    reason: 'Sandbox mode answers 200 where a real send answers 202.',
    amend: (document) => {
      resolve(document, 'paths', '/v3/mail/send', 'post', 'responses')['200'] = {
        content: { 'application/json': { schema: { type: 'object' } } },
      };
    },
  },
  {
    vendor: 'sendgrid',
    reason: 'An event of a message is said to require bounce_type; only a bounce has one.',
    amend: (document) => {
      const schema = resolve(
        document,
        'paths',
        '/v3/messages/{msg_id}',
        'get',
        'responses',
        '200',
        ...jsonBody,
        'properties',
        'events',
        'items',
      );
      const required = schema['required'];
      if (Array.isArray(required)) schema['required'] = required.filter((name) => name !== 'bounce_type');
    },
  },
  {
    vendor: 'roblox',
    reason: 'Ids are JSON strings in answers though the document says integer.',
    amend: (document) =>
      eachSchema(document, (schema) => {
        if (schema['type'] === 'integer' && schema['format'] === 'int64') schema['type'] = 'string';
      }),
  },
  {
    vendor: 'roblox',
    reason: 'The second version documents 200 alone; its guide to errors has one body for all, and its gateway another for a bad key.',
    amend: (document) => {
      const text = { type: 'string' };
      const refused = bodyOf({ code: text, message: text });
      const unknownKey = bodyOf({ errors: { type: 'array', items: { type: 'object' } } });
      for (const [path, item] of Object.entries(resolve(document, 'paths'))) {
        if (!path.startsWith('/cloud/v2/') || !isObject(item)) continue;
        for (const operation of Object.values(item)) {
          const responses = at(operation, 'responses');
          if (isObject(responses)) Object.assign(responses, { 400: refused, 401: unknownKey, 403: refused, 404: refused, 429: refused });
        }
      }
    },
  },
];

const bodyOf = (properties: JsonObject): JsonObject => ({
  content: { 'application/json': { schema: { type: 'object', properties, required: Object.keys(properties) } } },
});

function eachSchema(value: Json, act: (schema: JsonObject) => void): void {
  if (Array.isArray(value)) for (const item of value) eachSchema(item, act);
  if (!isObject(value)) return;
  act(value);
  for (const item of Object.values(value)) eachSchema(item, act);
}

/** The properties of every item of an `errors` list. */
function eachErrorSchema(document: JsonObject, act: (properties: JsonObject) => void): void {
  eachSchema(document, (schema) => {
    const errors = at(schema, 'properties', 'errors');
    if (!isObject(errors) || errors['type'] !== 'array' || !isObject(errors['items'])) return;
    const properties = deref(document, errors['items'])['properties'];
    if (isObject(properties)) act(properties);
  });
}
