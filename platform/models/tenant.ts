import { Model } from 'objection';
import type { AccessLevel } from '../../domain/dunning/policy.ts';
import type { Region, TenantStatus } from '../../domain/tenant.ts';

/** A school, or the platform itself. The registry: readable as a whole in platform scope, so it holds no personal data. */
export class Tenant extends Model {
  static override readonly tableName = 'tenants';
  static readonly harmless = [
    'slug',
    'name',
    'region',
    'plan',
    'status',
    'suspended_reason',
    'time_zone',
    'locale',
    'stripe_customer_id',
    'stripe_subscription_id',
    'access_level',
  ] as const;
  static readonly columns = [
    'id',
    'slug',
    'name',
    'region',
    'plan',
    'status',
    'suspended_reason',
    'time_zone',
    'locale',
    'onboarding_run_id',
    'stripe_customer_id',
    'stripe_subscription_id',
    'access_level',
    'version',
    'created_at',
    'updated_at',
  ] as const;
  declare id: string;
  declare slug: string;
  declare name: string;
  declare region: Region;
  declare plan: string;
  declare status: TenantStatus;
  declare suspended_reason: string | null;
  declare time_zone: string;
  declare locale: string;
  declare onboarding_run_id: string | null;
  declare stripe_customer_id: string | null;
  declare stripe_subscription_id: string | null;
  /** What the school can still do while it owes. */
  declare access_level: AccessLevel;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** What a school decides for itself. */
export class TenantSettings extends Model {
  static override readonly tableName = 'tenant_settings';
  static override readonly idColumn = 'tenant_id';
  static readonly columns = [
    'tenant_id',
    'invitation_days',
    'invite_staff',
    'session_hours',
    'country',
    'version',
    'created_at',
    'updated_at',
  ] as const;
  static readonly harmless = ['country'] as const;
  declare tenant_id: string;
  /** ISO 3166; null where nobody has said. It sets the age of consent. */
  declare country: string | null;
  declare invitation_days: number;
  declare invite_staff: boolean;
  declare session_hours: number;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
