/** The kinds of personal data the platform may hold (DESIGN section 5). Every stored value of one of them is encrypted. */
export const piiTypes = [
  'email',
  'name',
  'phone',
  'address',
  'date_of_birth',
  'government_id',
  'student_number',
  'roblox_user_id',
  'ip_address',
  'device_id',
  'location',
  'billing_identity',
  'guardian_contact',
] as const;
export type PiiType = (typeof piiTypes)[number];

/** Where an encrypted value lives. It is the AAD of the value: ciphertext moved elsewhere does not open. */
export interface PiiPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly column: string;
  readonly rowId: string;
}
