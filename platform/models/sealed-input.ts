import { Model } from 'objection';
import type { PiiColumns } from './all.ts';

/** The personal part of a run's input: one sealed JSON document, its key under the row's own id as subject. */
export class SealedInput extends Model {
  static override readonly tableName = 'sealed_inputs';
  static readonly pii = { sealed: 'sealed_document' } as const satisfies PiiColumns;
  declare id: string;
  declare tenant_id: string;
  declare sealed: Buffer;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
