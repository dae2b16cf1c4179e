import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { isId, newId } from '../../platform/ids.ts';

describe('platform/ids', () => {
  it('makes UUIDv7, each later than the one before', () => {
    const ids = Array.from({ length: 1_000 }, newId);
    assert.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
    assert.deepEqual([...ids].sort(), ids);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('knows an id from what is none', () => {
    assert.ok(isId(newId()) && isId(platformTenantId));
    for (const other of ['', 'x', newId().toUpperCase(), `${newId()} `, `' or 1=1`, 7, null, undefined]) assert.equal(isId(other), false);
  });
});
