/**
 * The age, in years, from which a person's own consent counts online, by ISO 3166 country.
 *
 * - GDPR Art. 8(1): 16, unless the member state has set an age between 13 and 16. Member states: FRA, "Mapping minimum age requirements:
 *   use of consent" (2018), and the states' own laws: AT section 4(4) DSG, BE art. 7 law of 30 July 2018, BG art. 25c PDPA, CY law
 *   125(I)/2018 s. 8, CZ section 7 law 110/2019, DK section 6 DPA, EE section 8 PDPA, ES art. 7 LOPDGDD, FI section 5 law 1050/2018, FR art. 45
 *   law 78-17, GR art. 21 law 4624/2019, IT art. 2-quinquies decree 196/2003, LT art. 6 law XIII-1426, LV section 33 PDPL, MT S.L. 586.11,
 *   PT art. 16 law 58/2019, SE chapter 2 section 4 law 2018:218, SI art. 8 ZVOP-2. DE, HR, HU, IE, LU, NL, PL, RO, SK: as the regulation.
 * - GB: 13, DPA 2018 section 9. NO: 13, personopplysningsloven section 5. IS: 13, law 90/2018 art. 10.
 * - US: 13, COPPA, 16 CFR 312.2.
 */
const ages: Readonly<Record<string, number>> = {
  AT: 14,
  BE: 13,
  BG: 14,
  CY: 14,
  CZ: 15,
  DK: 15,
  EE: 13,
  ES: 14,
  FI: 13,
  FR: 15,
  GB: 13,
  GR: 15,
  IS: 13,
  IT: 14,
  LT: 14,
  LV: 13,
  MT: 13,
  NO: 13,
  PT: 13,
  SE: 13,
  SI: 15,
  US: 13,
};
/** The strictest there is: of a country that set no other age, and where nobody has said which country it is. */
export const strictestAge = 16;

export const ageOfConsent = (country: string | null | undefined): number => (country && ages[country]) || strictestAge;

/** Full years between two days (`YYYY-MM-DD`, UTC); undefined for what is no day. Born on 29 February: a year older on 1 March. */
export function yearsBetween(born: string, today: string): number | undefined {
  const [from, to] = [dayOf(born), dayOf(today)];
  if (!from || !to) return undefined;
  const before = to.month < from.month || (to.month === from.month && to.day < from.day);
  return to.year - from.year - (before ? 1 : 0);
}

function dayOf(text: string): { year: number; month: number; day: number } | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (!year || Number.isNaN(Date.parse(text)) || !new Date(text).toISOString().startsWith(text)) return undefined;
  return { year: Number(year), month: Number(month), day: Number(day) };
}

export interface Aged {
  /** `YYYY-MM-DD`, or null when it is not known, or cannot be read. */
  readonly dateOfBirth: string | null;
  readonly roles: readonly string[];
}

/** Whether somebody else has to consent for a person. A student whose birth date is not known is a minor; other people are not. */
export function isMinor({ dateOfBirth, roles }: Aged, country: string | null | undefined, today: string): boolean {
  const age = dateOfBirth === null ? undefined : yearsBetween(dateOfBirth, today);
  return age === undefined ? roles.includes('student') : age < ageOfConsent(country);
}
