import { z } from 'zod';
import { defaultPolicy } from '../../domain/dunning/policy.ts';
import type { DunningPolicyRow } from '../../platform/models/dunning-policy.ts';
import { dunningPolicySchema } from '../../processes/support/dunning-policy.ts';
import { actionsOf } from './actions.ts';

export const DunningPolicyResource = z
  .object({
    version: z.number().int(),
    policy: dunningPolicySchema,
    createdBy: z.uuid().nullable().describe('null for the standard policy, which a school has until it makes its own'),
    createdAt: z.iso.datetime().nullable(),
    actions: z.array(z.enum(['update'])),
  })
  .meta({ id: 'DunningPolicy' });

type Shown = z.input<typeof DunningPolicyResource>;
type MayDo = (object: string, action: string) => boolean;

/** Without a row: the standard policy. */
export function presentDunningPolicy(row: DunningPolicyRow | undefined, can: MayDo): Shown {
  const policy = (row?.policy ?? defaultPolicy) as Shown['policy'];
  return {
    version: row?.policy_version ?? defaultPolicy.version,
    policy,
    createdBy: row?.created_by ?? null,
    createdAt: row?.created_at.toISOString() ?? null,
    actions: actionsOf({ update: can('dunning-policy', 'update') }) as Shown['actions'],
  };
}
