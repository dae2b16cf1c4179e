import assert from 'node:assert/strict';
import type { Progress } from '../../domain/run.ts';
import type { OnboardSchoolResult } from '../../workflows/onboard-school.messages.ts';
import { useOnboarding } from './support/onboarding.ts';

describe('onboardSchool', () => {
  const onboarding = useOnboarding();

  it('makes a school without a roster: keys, storage, trial, one administrator with one mail', async () => {
    const { handle, tenantId, slug } = await onboarding.start({ timeZone: 'Europe/Vienna' });
    const result = (await handle.result()) as OnboardSchoolResult;
    const { steps } = await handle.query<Progress>('progress');
    console.log(result, steps);
    assert.equal(result.tenantId, tenantId);
    assert.equal(result.slug, slug);
  });
}).timeout(60_000);
