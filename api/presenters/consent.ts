import { z } from 'zod';
import { type Decider, deciders, type Decision, decisions, consentStates, methods } from '../../domain/privacy/consent.ts';
import { type PurposeId, purposeIds, purposeOf } from '../../domain/privacy/purposes.ts';
import type { Consent } from '../../platform/models/consent.ts';
import { digestOfText, type Standing } from '../../platform/privacy/consents.ts';

export const PurposeResource = z
  .object({
    id: z.enum(purposeIds),
    title: z.string(),
    basis: z.enum(['consent', 'contract', 'legitimate-interests']).describe('What it rests on, GDPR Art. 6(1)'),
    consent: z.enum(['required', 'opt-out', 'none']).describe('required: only with a yes. opt-out: until somebody objects. none: always'),
    version: z.number().int(),
    text: z.string(),
    digest: z.string().describe('SHA-256 of the text, hex'),
    gpc: z.boolean().describe('Whether Sec-GPC: 1 is a no to it'),
  })
  .meta({ id: 'ConsentPurpose' });

export const DecisionResource = z
  .object({
    id: z.uuid(),
    personId: z.uuid(),
    purpose: z.string(),
    version: z.number().int().describe('Of the text that was decided about'),
    digest: z.string().describe('SHA-256 of that text, hex'),
    decision: z.enum(decisions),
    decidedAs: z.enum(deciders),
    decidedBy: z.uuid().nullable().describe('The account that said it'),
    method: z.enum([...methods, 'gpc']),
    ofMinor: z.boolean().nullable().describe('A minor’s own yes does not count without a guardian’s'),
    conflictsWith: z.uuid().nullable().describe('The explicit yes that a browser’s signal went against'),
    decidedAt: z.iso.datetime(),
  })
  .meta({ id: 'ConsentDecision' });

export const StandingResource = z
  .object({
    personId: z.uuid(),
    purpose: z.string(),
    version: z.number().int().describe('Of the text as it is now'),
    state: z.enum(consentStates),
    newest: DecisionResource.nullable(),
    conflict: z
      .object({ withDecision: z.uuid(), confirmBy: z.string() })
      .nullable()
      .describe('The browser said no to what had been allowed; the exception can be confirmed'),
  })
  .meta({ id: 'ConsentStanding' });

export function presentPurpose(id: PurposeId): z.input<typeof PurposeResource> {
  const { title, basis, consent, version, text, gpc } = purposeOf(id);
  return { id, title, basis, consent, version, text, digest: digestOfText(text).toString('hex'), gpc };
}

export function presentDecision(row: Consent): z.input<typeof DecisionResource> {
  return {
    id: row.id,
    personId: row.person_id,
    purpose: row.purpose,
    version: row.purpose_version,
    digest: row.text_digest.toString('hex'),
    decision: row.decision satisfies Decision,
    decidedAs: row.decided_as satisfies Decider,
    decidedBy: row.decided_by,
    method: row.method,
    ofMinor: row.of_minor,
    conflictsWith: row.conflicts_with,
    decidedAt: row.decided_at.toISOString(),
  };
}

const confirmBy = "POST /v1/consents with the method 'gpc-exception'";

export function presentStanding({ personId, purpose, state, newest }: Standing): z.input<typeof StandingResource> {
  const withDecision = newest?.conflicts_with;
  return {
    personId,
    purpose,
    version: purposeOf(purpose).version,
    state,
    newest: newest ? presentDecision(newest) : null,
    conflict: withDecision ? { withDecision, confirmBy } : null,
  };
}
