import { badRequest } from './failure.ts';

/** A value of a message by the field's name; `unique_args['k']` comes as field `unique_args`, key `k`. */
export type ReadField = (field: string, key: string | undefined) => string | undefined;
export type Predicate = (read: ReadField) => boolean;

const token = /\s*(?:(\(|\)|,|!=|=)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\w+(?:\['[^']*'\])?))/y;
const known = new Set(['msg_id', 'from_email', 'to_email', 'subject', 'status', 'unique_args', 'categories']);

interface Token {
  readonly kind: 'sign' | 'text' | 'word';
  readonly value: string;
}

/** Compiles the Activity API's query: `field = "value"`, `!=`, `LIKE "a%"`, `IN ("a","b")`, AND, OR, parentheses. Throws 400. */
export function compileQuery(source: string): Predicate {
  const reader = createReader(tokenize(source));
  const whole = either(reader);
  if (reader.peek()) throw badRequest('invalid query: something follows its end');
  return whole;
}

type Reader = ReturnType<typeof createReader>;

function createReader(tokens: readonly Token[]) {
  let at = 0;
  const next = (): Token => {
    const found = tokens[at];
    if (!found) throw badRequest('invalid query: it ends too soon');
    at += 1;
    return found;
  };
  const isNext = (kind: Token['kind'], value: string) => tokens[at]?.kind === kind && tokens[at]?.value.toUpperCase() === value;
  return {
    peek: () => tokens[at],
    next,
    /** Takes the token when it comes next. */
    takes(kind: Token['kind'], value: string): boolean {
      if (!isNext(kind, value)) return false;
      at += 1;
      return true;
    },
    expect(sign: string): void {
      if (next().value !== sign) throw badRequest(`invalid query: expected ${sign}`);
    },
    text(): string {
      const found = next();
      if (found.kind !== 'text') throw badRequest('invalid query: expected a quoted value');
      return found.value;
    },
  };
}

function either(reader: Reader): Predicate {
  const parts = [both(reader)];
  while (reader.takes('word', 'OR')) parts.push(both(reader));
  return (read) => parts.some((part) => part(read));
}

function both(reader: Reader): Predicate {
  const parts = [one(reader)];
  while (reader.takes('word', 'AND')) parts.push(one(reader));
  return (read) => parts.every((part) => part(read));
}

function one(reader: Reader): Predicate {
  if (!reader.takes('sign', '(')) return condition(reader);
  const inner = either(reader);
  reader.expect(')');
  return inner;
}

function condition(reader: Reader): Predicate {
  const [, field = '', key] = /^(\w+)(?:\['([^']*)'\])?$/.exec(reader.next().value) ?? [];
  if (!known.has(field)) throw badRequest(`invalid query: unknown field ${field}`);
  const operator = reader.next().value.toUpperCase();
  if (operator === '=' || operator === '!=') {
    const wanted = reader.text();
    return (read) => (read(field, key) === wanted) === (operator === '=');
  }
  if (operator === 'LIKE') {
    const pattern = like(reader.text());
    return (read) => pattern.test(read(field, key) ?? '');
  }
  if (operator !== 'IN') throw badRequest(`invalid query: unknown operator ${operator}`);
  const wanted = new Set(values(reader));
  return (read) => wanted.has(read(field, key) ?? '');
}

function values(reader: Reader): string[] {
  reader.expect('(');
  const found = [reader.text()];
  while (reader.takes('sign', ',')) found.push(reader.text());
  reader.expect(')');
  return found;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  token.lastIndex = 0;
  while (source.slice(token.lastIndex).trim() !== '') {
    const found = token.exec(source);
    if (!found) throw badRequest('invalid query');
    const [, sign, double, single, word] = found;
    const quoted = double ?? single;
    if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted.replace(/\\(.)/g, '$1') });
    else tokens.push(sign === undefined ? { kind: 'word', value: word ?? '' } : { kind: 'sign', value: sign });
  }
  return tokens;
}

const like = (pattern: string) => new RegExp(`^${pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%', '.*')}$`);
