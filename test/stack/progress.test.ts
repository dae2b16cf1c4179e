import assert from 'node:assert/strict';
import { drawProgress } from '../../stack/progress.ts';

describe('the progress shown while parts come up', () => {
  it('ends when the stack is told to stop before the list is drawn', async () => {
    const progress = drawProgress({ redis: 'Redis', temporal: 'Temporal' });
    await assert.doesNotReject(progress.end());
  });

  it('takes word of a part that is ready before the list is drawn', async () => {
    const progress = drawProgress({ redis: 'Redis' });
    progress.say('redis', 'elsewhere');
    progress.say('unknown', 'ready');
    await assert.doesNotReject(progress.end());
  });
});
