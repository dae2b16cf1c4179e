import { Model } from 'objection';
import type { Law } from '../../domain/privacy/deadline.ts';
import type { Requester, RequestStatus } from '../../domain/privacy/request.ts';
import type { Residual } from '../../domain/privacy/residual.ts';
import type { PiiColumns } from './all.ts';

/** What somebody asked of a person's data. The workflow is the truth; the row is what lists show. Its id is its run's. */
export class PrivacyRequest extends Model {
  static override readonly tableName = 'privacy_requests';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly harmless = ['kind', 'law', 'requested_by', 'status', 'outcome', 'verified_how', 'dry_run', 'residual', 'shred'] as const;
  declare id: string;
  declare tenant_id: string;
  declare kind: string;
  declare subject_id: string;
  /** The subject's, while it is known whose it is: for a person that is half erased. */
  declare account_id: string | null;
  declare law: Law;
  declare requested_by: Requester;
  declare entered_by: string;
  declare status: RequestStatus;
  declare outcome: string | null;
  declare verified_how: string | null;
  declare verified_by: string | null;
  declare evidence_id: string | null;
  declare approved_by: string | null;
  declare confirmed_by: string | null;
  declare received_at: Date;
  declare due_at: Date;
  declare escalate_at: Date;
  declare escalated_at: Date | null;
  declare erase_after: Date | null;
  declare erased_at: Date | null;
  declare final_after: Date | null;
  declare final_at: Date | null;
  declare dry_run: Residual | null;
  declare residual: Residual | null;
  declare shred: Readonly<Record<string, unknown>> | null;
  declare erased_certificate_id: string | null;
  declare final_certificate_id: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** While one is in force nothing of the subject is erased. Its reason is sealed under a key of its own. */
export class PrivacyHold extends Model {
  static override readonly tableName = 'privacy_holds';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly pii = { stated_reason: 'sealed_document' } as const satisfies PiiColumns;
  declare id: string;
  declare tenant_id: string;
  declare request_id: string;
  declare stated_reason: Buffer | null;
  declare until: Date;
  declare placed_by: string;
  declare placed_at: Date;
  declare released_at: Date | null;
  declare released_by: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** What a place answered when it was erased: counts, and ids of ours or the vendor's by which it is looked at again. */
export class PrivacyReceipt extends Model {
  static override readonly tableName = 'privacy_receipts';
  static override readonly idColumn = ['tenant_id', 'request_id', 'place'];
  static readonly harmless = ['place', 'counts', 'refs'] as const;
  declare tenant_id: string;
  declare request_id: string;
  declare place: string;
  declare counts: Readonly<Record<string, number>>;
  declare refs: readonly string[];
  declare erased_at: Date | null;
  /** Until when the vendor keeps what it has erased. */
  declare kept_until: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** Who was erased: written before the key goes, and kept, so that no restored backup brings them back. */
export class ErasedSubject extends Model {
  static override readonly tableName = 'erased_subjects';
  static override readonly idColumn = ['tenant_id', 'subject_id'];
  declare tenant_id: string;
  declare subject_id: string;
  declare request_id: string;
  declare erased_at: Date;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** How a school wants requests handled; a school without a row has `defaultPrivacyPolicy`. */
export class PrivacyPolicyRow extends Model {
  static override readonly tableName = 'privacy_policies';
  static override readonly idColumn = 'tenant_id';
  static readonly harmless = ['law'] as const;
  declare tenant_id: string;
  declare needs_approval: boolean;
  declare needs_confirmation: boolean;
  declare cooling_off_days: number;
  declare law: Law;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
