import assert from 'node:assert/strict';
import { checkPassword, hashPassword, verifyPassword } from '../../platform/passwords.ts';

describe('platform/passwords', () => {
  const cases: readonly [string, string, RegExp | undefined][] = [
    ['eleven characters', 'abcdefghijk', /at least 12/],
    ['twelve characters', 'abcdefghijkl', undefined],
    ['eleven emoji, though they are more bytes', '🍎🍐🍊🍋🍌🍉🍇🍓🍈🍒🍑', /at least 12/],
    ['256 characters', 'abcd'.repeat(64), undefined],
    ['257 characters', `${'abcd'.repeat(64)}e`, /at most 256/],
    ['one character again and again', 'aaaaaaaaaaaaaaaa', /different/],
    ['the login in capitals', ' ADA@EXAMPLE.ORG', /not the login/],
  ];
  for (const [title, password, refusal] of cases)
    it(`${refusal ? 'refuses' : 'takes'} ${title}`, () => {
      const check = () => checkPassword(password, 'ada@example.org');
      if (refusal) assert.throws(check, { code: 'weak-password', message: refusal });
      else check();
    });

  it('hashes with argon2id at the strength OWASP asks for, each time with another salt', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse battery'), hashPassword('correct horse battery')]);
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.notEqual(one, other);
  });

  it('knows the password, also typed in another Unicode form, and no other', async () => {
    const hash = await hashPassword('Zoë und ihr Fahrrad');
    assert.equal(await verifyPassword(hash, 'Zoe\u0308 und ihr Fahrrad'), true);
    assert.equal(await verifyPassword(hash, 'Zoe und ihr Fahrrad'), false);
    assert.equal(await verifyPassword(hash, 'x'.repeat(100_000)), false);
  });

  it('says no where there is no account, with as much work as where there is one', async () => {
    const hash = await hashPassword('correct horse battery');
    const cpu = async (against: string | undefined): Promise<number> => {
      const start = process.cpuUsage();
      for (let time = 0; time < 5; time += 1) assert.equal(await verifyPassword(against, 'no account has this password'), false);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    await cpu(undefined);
    const [known, unknown] = [await cpu(hash), await cpu(undefined)];
    assert.ok(unknown > known / 2, `known ${known} µs, unknown ${unknown} µs`);
  });
});
