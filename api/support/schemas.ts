import { z } from 'zod';

const accepts = (make: () => unknown): boolean => {
  try {
    make();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false; // how Intl says that it does not know the name
    throw error;
  }
};

/** An IANA time zone this machine knows. */
export const TimeZone = z
  .string()
  .max(64)
  .refine((timeZone) => timeZone !== '' && accepts(() => new Intl.DateTimeFormat('en', { timeZone })), 'It is not an IANA time zone.')
  .meta({ description: 'IANA time zone', examples: ['Europe/Berlin'] });

/** A BCP 47 language tag. */
export const Locale = z
  .string()
  .max(35)
  .refine((locale) => locale !== '' && accepts(() => Intl.getCanonicalLocales(locale)), 'It is not a BCP 47 language tag.')
  .meta({ description: 'BCP 47', examples: ['de-CH'] });

/** A word of ours (a role, a status) to filter a list by. */
export const Word = z.string().regex(/^[a-z_]{1,40}$/, 'Send one lower-case word.');
