import assert from 'node:assert/strict';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotFoundError } from '../../domain/errors.ts';
import { bufferedOutput, createLogger, type LogFields, type Logger } from '../../platform/logger.ts';
import { until } from '../support/until.ts';

function capture(level = 'info'): { logger: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const logger = createLogger({ level, service: 'api', destination: { write: (line) => void written.push(line) } });
  return { logger, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>), text: () => written.join('') };
}

describe('platform/logger', () => {
  it('writes JSON lines with a service, a time and the ids it was given', () => {
    const { logger, lines } = capture();
    logger.child({ requestId: 'r', tenantId: 't' }).info({ runId: 'x', durationMs: 3 }, 'answered');
    const [line] = lines();
    assert.deepEqual(
      { ...line, time: undefined, level: undefined },
      { service: 'api', requestId: 'r', tenantId: 't', runId: 'x', durationMs: 3, message: 'answered', time: undefined, level: undefined },
    );
    assert.match(String(line?.['time']), /^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('names a field that is not declared and drops its value, in children too', () => {
    const { logger, lines, text } = capture();
    const undeclared = { email: 'ada@school.example', requestId: 'r' } as LogFields;
    logger.info(undeclared, 'one');
    logger.child({ ...undeclared }).info('two');
    assert.deepEqual(
      lines().map(({ dropped, requestId }) => ({ dropped, requestId })),
      [
        { dropped: ['email'], requestId: 'r' },
        { dropped: ['email'], requestId: 'r' },
      ],
    );
    assert.ok(!text().includes('ada'));
  });

  it('drops an object where a word belongs', () => {
    const { logger, text } = capture();
    logger.info({ status: { email: 'ada@school.example' } } as unknown as LogFields, 'one');
    assert.ok(!text().includes('ada'));
  });

  it('says of a foreign error its kind, code and place, not its message', () => {
    const { logger, lines, text } = capture();
    const cause = Object.assign(new TypeError('bad value ada@school.example'), {
      code: 'E_BAD',
      detail: 'Key (email)=(ada@school.example)',
    });
    logger.error({ err: new Error('could not store ada@school.example', { cause }) }, 'failed');
    const err = lines()[0]?.['err'] as { type: string; stack: string[]; cause: { type: string; code: string } };
    assert.deepEqual([err.type, err.cause.type, err.cause.code], ['Error', 'TypeError', 'E_BAD']);
    assert.match(err.stack[0] ?? '', /logger\.test\.ts/);
    assert.ok(!text().includes('ada'));
  });

  it('keeps the message of our own refusals: they are written for everyone', () => {
    const { logger, lines } = capture();
    logger.warn({ err: new NotFoundError('run') }, 'refused');
    const [line] = lines() as { err: { message: string } }[];
    assert.equal(line?.err.message, 'No such run.');
  });

  it('is silent below its level', () => {
    const { logger, lines } = capture('warn');
    logger.debug('x');
    logger.info('x');
    logger.warn('y');
    assert.equal(lines().length, 1);
  });

  it('writes its lines in packets, and a warning at once, without waiting for the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'logger-'));
    const file = join(folder, 'log');
    const fd = fs.openSync(file, 'a');
    const { fsyncSync } = fs;
    let synced = 0;
    fs.fsyncSync = (...of) => {
      synced += 1;
      return fsyncSync(...of);
    };
    try {
      const logger = createLogger({ level: 'info', service: 'api', destination: bufferedOutput(fd) });
      const messages = (): string[] =>
        fs
          .readFileSync(file, 'utf8')
          .split('\n')
          .slice(0, -1)
          .map((line) => String(JSON.parse(line).message));
      logger.info('one');
      logger.info('two');
      assert.deepEqual(messages(), []);
      await until(() => messages().length === 2);
      logger.info('three');
      logger.warn('four');
      assert.deepEqual(messages(), ['one', 'two', 'three', 'four']);
      assert.equal(synced, 0);
    } finally {
      fs.fsyncSync = fsyncSync;
      rmSync(folder, { recursive: true });
    }
  });
});
