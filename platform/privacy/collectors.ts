import { accounts } from './collect/account.ts';
import { activity } from './collect/activity.ts';
import { auditLog } from './collect/audit.ts';
import { mails } from './collect/mails.ts';
import { person } from './collect/person.ts';
import { roster } from './collect/roster.ts';
import { stripe } from './collect/stripe.ts';
import type { Collector } from './collector.ts';

/** All that is read for a package, in its order. */
export const collectors: readonly Collector[] = [person, accounts, roster, activity, mails, stripe, auditLog];

/**
 * Tables of the main cluster that refer to people or accounts, or name them, and have nothing to give. The test of the collectors holds
 * the catalogue against this and against their `tables`; the package says it, too.
 */
export const withoutRecords: Readonly<Record<string, string>> = {
  refresh_tokens: 'Digests of codes that belong to a sign-in, which is among the records.',
  sealed_inputs: 'What somebody entered for a run, about whomever the run is about; destroyed when the run has read it.',
  break_glass_accesses: 'Accesses of the platform’s staff, who are no people of the school. What they looked at is in the audit log.',
  consents: 'What was decided about them, and when: shown by GET /v1/consents/history.',
  erased_subjects: 'Who was erased: nobody whose data could be packed.',
  privacy_holds: 'Why the law kept a request from being done; the reason names others.',
  privacy_requests: 'Requests about them are in the audit log, which is among the records.',
  roblox_erasure_requests: 'What Roblox asked of us, by keyed digests.',
  dunning_policies: 'Settings of the school. Who wrote them is in the audit log.',
};
