/** What a person may have corrected: the names people use, and the columns of `people`. All that is personal there, and nothing else. */
export const rectifiable = {
  displayName: 'display_name',
  givenName: 'given_name',
  middleName: 'middle_name',
  familyName: 'family_name',
  username: 'username',
  email: 'email',
  phone: 'phone',
  address: 'address',
  dateOfBirth: 'date_of_birth',
  governmentId: 'government_id',
  studentNumber: 'student_number',
  robloxUserId: 'roblox_user_id',
  location: 'location',
  billingIdentity: 'billing_identity',
  guardianContact: 'guardian_contact',
} as const;
export type RectifiableField = keyof typeof rectifiable;
export type RectifiableColumn = (typeof rectifiable)[RectifiableField];
/** New values; null removes one. */
export type Corrections = { readonly [F in RectifiableField]?: string | null | undefined };

/** Why data is held back: GDPR Art. 18(1)(a) to (d). */
export const restrictionReasons = ['accuracy-contested', 'unlawful-processing', 'needed-for-claims', 'objection-pending'] as const;
