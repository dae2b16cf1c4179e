import { Model } from 'objection';
import type { RunError, RunStatus, Step } from '../../domain/run.ts';

/** What the platform knows of a workflow execution. Steps, result and error hold no personal data: workflows never see any. */
export class Run extends Model {
  static override readonly tableName = 'runs';
  static override readonly jsonAttributes = ['steps', 'result', 'error'];
  static readonly harmless = ['process', 'workflow_id', 'status', 'steps', 'result', 'error'] as const;
  static readonly columns = [
    'id',
    'tenant_id',
    'process',
    'workflow_id',
    'status',
    'started_by',
    'request_id',
    'sealed_input_id',
    'steps',
    'result',
    'error',
    'closed_at',
    'version',
    'created_at',
    'updated_at',
  ] as const;
  declare id: string;
  declare tenant_id: string;
  declare process: string;
  declare workflow_id: string;
  declare status: RunStatus;
  declare started_by: string;
  declare request_id: string;
  declare sealed_input_id: string | null;
  declare steps: readonly Step[] | null;
  declare result: unknown;
  declare error: RunError | null;
  declare closed_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** A client's Idempotency-Key and the answer it got. Key and request are kept as digests. */
export class IdempotencyKey extends Model {
  static override readonly tableName = 'idempotency_keys';
  static override readonly idColumn = ['tenant_id', 'key_digest'];
  static override readonly jsonAttributes = ['response'];
  static readonly harmless = ['key_digest', 'request_digest', 'response'] as const;
  declare tenant_id: string;
  declare key_digest: Buffer;
  declare request_digest: Buffer;
  declare run_id: string;
  declare response: unknown;
  declare expires_at: Date;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
