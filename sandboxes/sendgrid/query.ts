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
  const tokens = tokenize(source);
  let at = 0;
  const peek = () => tokens[at];
  const next = (): Token => {
    const found = tokens[at];
    if (!found) throw badRequest('invalid query: it ends too soon');
    at += 1;
    return found;
  };
  const isWord = (word: string) => peek()?.kind === 'word' && peek()?.value.toUpperCase() === word;
  const expect = (sign: string) => {
    if (next().value !== sign) throw badRequest(`invalid query: expected ${sign}`);
  };
  const text = (): string => {
    const found = next();
    if (found.kind !== 'text') throw badRequest('invalid query: expected a quoted value');
    return found.value;
  };

  function either(): Predicate {
    let left = both();
    while (isWord('OR')) {
      next();
      const [first, second] = [left, both()];
      left = (read) => first(read) || second(read);
    }
    return left;
  }
  function both(): Predicate {
    let left = one();
    while (isWord('AND')) {
      next();
      const [first, second] = [left, one()];
      left = (read) => first(read) && second(read);
    }
    return left;
  }
  function one(): Predicate {
    if (peek()?.value === '(' && peek()?.kind === 'sign') {
      next();
      const inner = either();
      expect(')');
      return inner;
    }
    return condition();
  }
  function condition(): Predicate {
    const [, field = '', key] = /^(\w+)(?:\['([^']*)'\])?$/.exec(next().value) ?? [];
    if (!known.has(field)) throw badRequest(`invalid query: unknown field ${field}`);
    const operator = next().value.toUpperCase();
    if (operator === '=' || operator === '!=') {
      const wanted = text();
      return (read) => (read(field, key) === wanted) === (operator === '=');
    }
    if (operator === 'LIKE') {
      const pattern = like(text());
      return (read) => pattern.test(read(field, key) ?? '');
    }
    if (operator !== 'IN') throw badRequest(`invalid query: unknown operator ${operator}`);
    expect('(');
    const wanted = [text()];
    while (peek()?.value === ',') {
      next();
      wanted.push(text());
    }
    expect(')');
    return (read) => wanted.includes(read(field, key) ?? '');
  }

  const whole = either();
  if (peek()) throw badRequest('invalid query: something follows its end');
  return whole;
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
