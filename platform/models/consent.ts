import { Model } from 'objection';
import type { Decider, Decision, Method } from '../../domain/privacy/consent.ts';
import type { PurposeId } from '../../domain/privacy/purposes.ts';

/** A decision about a purpose, never changed. Holds ids and words of ours: who the person is stands in `people`. */
export class Consent extends Model {
  static override readonly tableName = 'consents';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly harmless = ['purpose', 'text_digest', 'decision', 'decided_as', 'method'] as const;
  declare tenant_id: string;
  declare id: string;
  declare seq: number;
  declare person_id: string;
  declare purpose: PurposeId;
  declare purpose_version: number;
  /** SHA-256 of the text that was shown. */
  declare text_digest: Buffer;
  declare decision: Decision;
  declare decided_as: Decider;
  /** The account that said it; of a browser's signal, the account whose browser it was. */
  declare decided_by: string | null;
  declare method: Method;
  /** Whether the person was a minor then; null of a browser's signal, where it makes no difference. */
  declare of_minor: boolean | null;
  /** Of a browser's signal: the explicit yes it went against. */
  declare conflicts_with: string | null;
  declare request_id: string | null;
  declare decided_at: Date;
}
