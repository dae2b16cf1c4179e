/** First digits of the cards of a network, from one to another, and how many digits they have (ISO/IEC 7812, the networks' own tables). */
type Range = readonly [from: string, to: string, lengths: readonly number[]];
const long = [16, 17, 18, 19];
const ranges: readonly Range[] = [
  ['4', '4', [13, 16, 19]], // Visa
  ['51', '55', [16]], // Mastercard
  ['2221', '2720', [16]], // Mastercard
  ['34', '34', [15]], // American Express
  ['37', '37', [15]], // American Express
  ['300', '305', [14, ...long]], // Diners Club
  ['3095', '3095', [14, ...long]], // Diners Club
  ['36', '36', [14, ...long]], // Diners Club
  ['38', '39', [14, ...long]], // Diners Club
  ['3528', '3589', long], // JCB
  ['6011', '6011', long], // Discover
  ['644', '659', long], // Discover, RuPay, Elo
  ['60', '60', [16]], // RuPay, Hipercard
  ['508', '508', [16]], // RuPay
  ['62', '62', long], // UnionPay
  ['81', '82', long], // UnionPay, RuPay
  ['2200', '2204', long], // Mir
  ...['5018', '5020', '5038', '5893', '6304', '6759', '6761', '6762', '6763'].map(
    (prefix): Range => [prefix, prefix, [13, 14, 15, ...long]], // Maestro
  ),
];

const isOfNetwork = (digits: string): boolean =>
  ranges.some(([from, to, lengths]) => {
    const head = digits.slice(0, from.length);
    return head >= from && head <= to && lengths.includes(digits.length);
  });

/** The check digit of ISO/IEC 7812: one number in ten has it right. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, doubled = false; at >= 0; at -= 1, doubled = !doubled) {
    const digit = Number(digits[at]) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

/** Digits as people write card numbers: in one piece, by four, or as American Express and Diners Club print them. A number after a plus is a phone's. */
const written =
  /(?<![\p{L}\p{N}_+.])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5})(?![\p{L}\p{N}_])/gu;
/** What stands after four groups may be the last of a long number, or a date. */
const afterFourth = /(?<=[ -]\d{4}[ -]\d{4}[ -]\d{4})[ -]\d+$/;
/** Nothing without so many digits close to each other is one: most texts are told apart by this alone. */
const likely = /\d[\d -]{11,}\d/;

function isCard(match: string): boolean {
  const digits = match.replaceAll(/[ -]/g, '');
  return isOfNetwork(digits) && hasCheckDigit(digits);
}

/** Whether a text has a card number in it: the digits of a network, as many as it gives its cards, with the right check digit. */
export function holdsCardNumber(text: string): boolean {
  if (!likely.test(text)) return false;
  for (const [match] of text.matchAll(written)) if (isCard(match) || isCard(match.replace(afterFourth, ''))) return true;
  return false;
}
