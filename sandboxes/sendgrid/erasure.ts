import { randomUUID } from 'node:crypto';
import { jsonBody, route } from '../support/http.ts';
import type { Route } from '../support/http.ts';
import type { SendgridContext } from './context.ts';
import { SendgridFailure, badRequest } from './failure.ts';

const maxAddresses = 5_000;
const maxBytes = 256 * 1024;

/** `POST /v3/recipients/erasejob`: messages to and suppressions of these addresses are gone when it answers. */
export function erasureRoutes({ messages, suppressions, ledger }: SendgridContext): Route[] {
  const path = '/v3/recipients/erasejob';
  return [
    route(`POST ${path}`, (request) => {
      if (request.rawBody.length > maxBytes)
        throw new SendgridFailure(400, [{ message: 'payload is too large', field: 'email_addresses' }]);
      const { email_addresses: emails } = jsonBody(request) as { email_addresses?: string[] };
      if (!Array.isArray(emails) || emails.length === 0)
        throw badRequest('email_addresses must hold at least one address', 'email_addresses');
      if (emails.length > maxAddresses) throw badRequest('email_addresses may hold at most 5000 addresses', 'email_addresses');
      const wanted = new Set(emails.map((email) => email.toLowerCase()));
      for (const { id, to } of messages.values()) if (wanted.has(to.toLowerCase())) messages.delete(id);
      for (const email of wanted) suppressions.forget(email);
      const job_id = randomUUID();
      ledger.record({ operation: `POST ${path}`, businessKey: null, body: { email_addresses: emails }, id: job_id });
      return { status: 202, body: { job_id } };
    }),
  ];
}
