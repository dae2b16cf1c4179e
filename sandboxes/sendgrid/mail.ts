/** The request of `POST /v3/mail/send`, as far as the sandbox reads it. */
export interface Address {
  readonly email: string;
  readonly name?: string;
}
export interface Personalization {
  readonly from?: Address;
  readonly to: readonly Address[];
  readonly cc?: readonly Address[];
  readonly bcc?: readonly Address[];
  readonly subject?: string;
  readonly substitutions?: Readonly<Record<string, string>>;
  readonly custom_args?: Readonly<Record<string, string>>;
  readonly send_at?: number;
}
export interface Mail {
  readonly personalizations: readonly Personalization[];
  readonly from: Address;
  readonly subject?: string;
  readonly content: readonly { readonly type: string; readonly value: string }[];
  readonly categories?: readonly string[];
  readonly custom_args?: Readonly<Record<string, string>>;
  readonly send_at?: number;
  readonly mail_settings?: Readonly<Record<string, { readonly enable?: boolean }>>;
}

/** One mail to one recipient: what the Activity API tells of, and what a person would read. */
export interface Message {
  readonly id: string;
  readonly xMessageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string | null;
  readonly html: string | null;
  readonly status: 'processed' | 'delivered' | 'not_delivered';
  readonly customArgs: Readonly<Record<string, string>>;
  readonly categories: readonly string[];
  readonly acceptedAtMs: number;
  readonly events: readonly MessageEvent[];
}
export interface MessageEvent {
  readonly name: 'processed' | 'delivered' | 'bounced' | 'dropped';
  /** Unix seconds. */
  readonly at: number;
  readonly reason?: string;
}
