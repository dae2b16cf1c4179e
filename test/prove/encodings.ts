/** One form in which a text may lie in a file. */
export interface Form {
  readonly encoding: string;
  readonly bytes: Buffer;
}

const percent = (bytes: Buffer, digits: (hex: string) => string): string =>
  [...bytes].map((byte) => `%${digits(byte.toString(16).padStart(2, '0'))}`).join('');

/**
 * What base64 makes of the bytes when `offset` of others stand before them: the characters that depend on the text alone. Of its first and
 * last ones those that share bits with a neighbour are left out.
 */
function base64At(bytes: Buffer, offset: 0 | 1 | 2, alphabet: 'base64' | 'base64url'): string {
  const before = Buffer.alloc(offset);
  const text = Buffer.concat([before, bytes]).toString(alphabet).replace(/=+$/, '');
  const first = offset === 0 ? 0 : offset + 1;
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(first, whole);
}

const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

/** Every form in which a text is looked for (RFC 4648 base64 and base16, RFC 3986 percent-encoding, UTF-8, UTF-16 in both orders). */
export function formsOf(text: string): Form[] {
  const utf8 = Buffer.from(text, 'utf8');
  const hex = utf8.toString('hex');
  const offsets = [0, 1, 2] as const;
  const forms: (readonly [string, Buffer | string])[] = [
    ['utf-8', utf8],
    // As look-ups and sorting spell it.
    ...[text.toLowerCase(), text.toUpperCase(), text.normalize('NFD')].map(
      (spelt) => ['utf-8, spelt otherwise', Buffer.from(spelt)] as const,
    ),
    ['utf-16le', Buffer.from(text, 'utf16le')],
    ['utf-16be', swapped(text)],
    ['hex', hex],
    ['hex (capitals)', hex.toUpperCase()],
    ['url', encodeURIComponent(text)],
    ['url, every byte', percent(utf8, (digits) => digits)],
    ['url, every byte (capitals)', percent(utf8, (digits) => digits.toUpperCase())],
    [
      'json',
      JSON.stringify(text)
        .slice(1, -1)
        .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ...offsets.map((offset) => [`base64, offset ${offset}`, base64At(utf8, offset, 'base64')] as const),
    ...offsets.map((offset) => [`base64url, offset ${offset}`, base64At(utf8, offset, 'base64url')] as const),
  ];
  const seen = new Set<string>();
  return forms.flatMap(([encoding, form]) => {
    const bytes = typeof form === 'string' ? Buffer.from(form, 'latin1') : form;
    const key = bytes.toString('hex');
    return seen.has(key) ? [] : (seen.add(key), [{ encoding, bytes }]);
  });
}
