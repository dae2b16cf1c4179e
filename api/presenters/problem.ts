import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { AppError } from '../../domain/errors.ts';

/** RFC 9457. `type` is the stable contract; further members depend on it (`issues` of invalid-input, `retryAfterSeconds` of unavailable). */
export const Problem = z
  .looseObject({
    type: z.string().describe('https://errors.toolbox.example/<code>: stable, for programs'),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe('For people'),
    instance: z.string().describe('/requests/<request id>'),
    issues: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('Everything wrong with the input, at once'),
  })
  .meta({ id: 'Problem' });

export const presentProblem = ({ code, status, message, details }: AppError, requestId: string): z.input<typeof Problem> => ({
  ...details,
  type: `https://errors.toolbox.example/${code}`,
  title: STATUS_CODES[status] ?? code,
  status,
  detail: message,
  instance: `/requests/${requestId}`,
});
