import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { tenantOfWorkflow, workflowIdOf } from '../../domain/workflow-id.ts';

describe('the id of a workflow', () => {
  const tenantId = '0190d1a0-0000-7000-8000-0000000000ff';

  it("names the tenant of a tenant's own run, and none for the platform's", () => {
    assert.equal(workflowIdOf('ask-school', tenantId, 'term-2'), `ask-school@${tenantId}:term-2`);
    assert.equal(workflowIdOf('onboard-school', platformTenantId, 'lincoln-high'), 'onboard-school:lincoln-high');
  });

  it('tells whose the run is, whatever the business key looks like', () => {
    for (const key of ['term-2', tenantId, `x@${tenantId}:y`, '']) {
      assert.equal(tenantOfWorkflow(workflowIdOf('ask-school', tenantId, key)), tenantId);
      assert.equal(tenantOfWorkflow(workflowIdOf('onboard-school', platformTenantId, key)), platformTenantId);
    }
  });
});
