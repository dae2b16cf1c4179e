/** What a purpose rests on (GDPR Art. 6(1)). */
export type LawfulBasis = 'consent' | 'contract' | 'legitimate-interests';

/**
 * What people are asked, or told. `consent`: `required`, nothing is done without a yes; `opt-out`, a no is respected (GDPR Art. 21);
 * `none`, the service cannot be had without it. A text is never edited: another text is another version, and a yes to the old one is none to it.
 */
export interface Purpose {
  readonly title: string;
  readonly basis: LawfulBasis;
  readonly consent: 'required' | 'opt-out' | 'none';
  readonly version: number;
  readonly text: string;
  /** A request with `Sec-GPC: 1` is a no to it: it sells or shares (CCPA section 1798.135), or advertises. */
  readonly gpc: boolean;
  /** A school may say yes for its pupils: for education alone, never for commerce (FTC, "Complying with COPPA", section N). */
  readonly schoolMayConsent: boolean;
}

const withoutConsent = { consent: 'none', gpc: false, schoolMayConsent: false } as const;

export const purposes = {
  'education-service': {
    ...withoutConsent,
    title: 'Running the school’s service',
    basis: 'contract',
    version: 1,
    text: 'We keep who you are, your classes and your guardians, as your school tells us, to run the service it has chosen.',
  },
  invitation: {
    title: 'Inviting you by e-mail',
    basis: 'legitimate-interests',
    consent: 'opt-out',
    gpc: false,
    schoolMayConsent: true,
    version: 1,
    text: 'We write to the address that your school gave us, to invite you to your account. You may object at any time.',
  },
  'live-updates': {
    title: 'Live updates by a push service',
    basis: 'legitimate-interests',
    consent: 'opt-out',
    gpc: false,
    schoolMayConsent: true,
    version: 1,
    text: 'Your browser connects to a push service, Pusher, which sees its network address, so that pages move without reloading. You may object at any time: pages then ask us instead.',
  },
  'roblox-link': {
    title: 'Linking your Roblox account',
    basis: 'consent',
    consent: 'required',
    gpc: false,
    schoolMayConsent: true,
    version: 1,
    text: 'We keep your Roblox user id with your school account and exchange your progress with the experiences of your school.',
  },
  'product-analytics': {
    title: 'Improving the product',
    basis: 'consent',
    consent: 'required',
    gpc: true,
    schoolMayConsent: false,
    version: 1,
    text: 'We analyse how you use the product, with the help of others, to make it better.',
  },
  'third-party-sharing': {
    title: 'Sharing with partners',
    basis: 'consent',
    consent: 'required',
    gpc: true,
    schoolMayConsent: false,
    version: 1,
    text: 'We share your name and your classes with partners of ours who offer learning material.',
  },
} as const satisfies Readonly<Record<string, Purpose>>;

export type PurposeId = keyof typeof purposes;
export const purposeIds = Object.keys(purposes) as readonly PurposeId[];
export const purposeOf = (id: PurposeId): Purpose => purposes[id];
/** What is withdrawn by `Sec-GPC: 1`. */
export const gpcPurposes: readonly PurposeId[] = purposeIds.filter((id) => purposes[id].gpc);
