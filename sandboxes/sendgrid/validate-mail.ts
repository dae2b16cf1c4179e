import type { FieldError } from './failure.ts';
import { SendgridFailure } from './failure.ts';
import type { Mail } from './mail.ts';

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isAddress = (value: unknown) => typeof value === 'string' && value.length <= 320 && /^[^\s@<>,]+@[^\s@<>,]+\.[^\s@<>,]+$/.test(value);

const maxRecipients = 1_000;
const maxCustomArgsBytes = 10_000;
const farthestSendSeconds = 72 * 3600;
const reservedHeaders = new Set([
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'content-type',
  'content-transfer-encoding',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
]);

/** A mail SendGrid would take. Throws all its objections at once, as SendGrid does. @param now unix seconds */
export function validateMail(given: unknown, now: number): Mail {
  if (!isObject(given)) throw new SendgridFailure(400, [{ message: 'Bad Request', field: null, help: null }]);
  const errors = [
    ...fromErrors(given),
    ...personalizationErrors(given, now),
    ...subjectErrors(given),
    ...contentErrors(given),
    ...settingErrors(given, now),
  ];
  if (errors.length > 0)
    throw new SendgridFailure(
      400,
      errors.map((error) => ({ help: null, ...error })),
    );
  return given as unknown as Mail;
}

function fromErrors({ from }: Json): FieldError[] {
  if (!isObject(from) || from['email'] === undefined) {
    return [
      {
        field: 'from.email',
        message:
          'The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.',
      },
    ];
  }
  return isAddress(from['email']) ? [] : [{ field: 'from.email', message: 'The from email does not contain a valid address.' }];
}

function personalizationErrors({ personalizations }: Json, now: number): FieldError[] {
  const all = list(personalizations);
  if (all.length === 0)
    return [{ field: 'personalizations', message: 'The personalizations field is required and must have at least one personalization.' }];
  if (all.length > 1_000) return [{ field: 'personalizations', message: 'The personalizations array is limited to 1000 objects.' }];
  const recipients = all.flatMap((one) => (isObject(one) ? [...list(one['to']), ...list(one['cc']), ...list(one['bcc'])] : []));
  const errors = all.flatMap((one, index) => (isObject(one) ? onePersonalization(one, `personalizations.${index}`, now) : []));
  if (recipients.length <= maxRecipients) return errors;
  const message =
    'The total number of recipients must be no more than 1000. This includes all recipients defined within the to, cc, and bcc parameters, across each object that you include in the personalizations array.';
  return [...errors, { field: 'personalizations', message }];
}

function onePersonalization(one: Json, field: string, now: number): FieldError[] {
  const errors: FieldError[] = [];
  if (list(one['to']).length === 0) {
    errors.push({
      field: `${field}.to`,
      message:
        'The to array is required for all personalization objects, and must have at least one email object with a valid email address.',
    });
  }
  const seen = new Set<string>();
  for (const kind of ['to', 'cc', 'bcc']) {
    list(one[kind]).forEach((recipient, index) => {
      const email = isObject(recipient) ? recipient['email'] : undefined;
      if (!isAddress(email)) errors.push({ field: `${field}.${kind}.${index}.email`, message: 'Does not contain a valid address.' });
      const address = String(email).toLowerCase();
      if (seen.has(address))
        errors.push({
          field,
          message: `Each email address in the personalization block should be unique between to, cc, and bcc. We found the first duplicate instance of an address in the ${field}.${kind} field.`,
        });
      seen.add(address);
    });
  }
  return [
    ...errors,
    ...customArgErrors(one['custom_args'], `${field}.custom_args`),
    ...sendAtErrors(one['send_at'], `${field}.send_at`, now),
  ];
}

function customArgErrors(args: unknown, field: string): FieldError[] {
  if (args === undefined) return [];
  if (!isObject(args)) return [{ field, message: 'The custom_args parameter must be an object.' }];
  const wrong = Object.entries(args).find(([, value]) => typeof value !== 'string');
  if (wrong) return [{ field: `${field}.${wrong[0]}`, message: 'The value of a custom_args key must be a string.' }];
  const bytes = Buffer.byteLength(JSON.stringify(args));
  return bytes > maxCustomArgsBytes ? [{ field, message: `The custom_args may not exceed ${maxCustomArgsBytes} bytes.` }] : [];
}

function sendAtErrors(at: unknown, field: string, now: number): FieldError[] {
  if (at === undefined) return [];
  if (!Number.isInteger(at)) return [{ field, message: 'The send_at parameter must be an integer.' }];
  return Number(at) > now + farthestSendSeconds ? [{ field, message: 'Scheduling more than 72 hours in advance is forbidden.' }] : [];
}

function subjectErrors({ subject, template_id, personalizations }: Json): FieldError[] {
  const everyone = list(personalizations).every((one) => isObject(one) && typeof one['subject'] === 'string' && one['subject'] !== '');
  if ((typeof subject === 'string' && subject !== '') || everyone || template_id !== undefined) return [];
  return [
    {
      field: 'subject',
      message:
        'The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.',
    },
  ];
}

function contentErrors({ content, template_id }: Json): FieldError[] {
  if (template_id !== undefined) return [{ field: 'template_id', message: 'The template_id does not name a template of this account.' }];
  const blocks = list(content);
  if (blocks.length === 0) {
    return [
      {
        field: 'content',
        message:
          'Unless a valid template_id is provided, the content parameter is required. There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.',
      },
    ];
  }
  const errors = blocks.flatMap((block, index): FieldError[] =>
    isObject(block) && typeof block['value'] === 'string' && block['value'] !== ''
      ? []
      : [{ field: `content.${index}.value`, message: 'The content value must be a string at least one character in length.' }],
  );
  const types = blocks.map((block) => (isObject(block) ? block['type'] : undefined));
  if (types.includes('text/plain') && types[0] !== 'text/plain')
    errors.push({ field: 'content', message: 'If present, text/plain and text/html may only be provided once, text/plain first.' });
  return errors;
}

function settingErrors(mail: Json, now: number): FieldError[] {
  const errors = [...customArgErrors(mail['custom_args'], 'custom_args'), ...sendAtErrors(mail['send_at'], 'send_at', now)];
  const categories = list(mail['categories']);
  if (categories.length > 10) errors.push({ field: 'categories', message: 'You may only pass up to 10 categories.' });
  if (new Set(categories).size < categories.length) errors.push({ field: 'categories', message: 'The categories must be unique.' });
  if (categories.some((one) => typeof one !== 'string' || one.length > 255))
    errors.push({ field: 'categories', message: 'A category may not exceed 255 characters.' });
  for (const name of Object.keys(isObject(mail['headers']) ? mail['headers'] : {})) {
    if (reservedHeaders.has(name.toLowerCase()))
      errors.push({ field: 'headers', message: `The following header is reserved and may not be set: ${name}.` });
  }
  const sandbox =
    isObject(mail['mail_settings']) && isObject(mail['mail_settings']['sandbox_mode'])
      ? mail['mail_settings']['sandbox_mode']['enable']
      : undefined;
  if (sandbox !== undefined && typeof sandbox !== 'boolean')
    errors.push({ field: 'mail_settings.sandbox_mode.enable', message: 'The sandbox_mode enable parameter should be a boolean.' });
  return errors;
}
