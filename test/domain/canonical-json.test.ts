import assert from 'node:assert/strict';
import { canonicalJson } from '../../domain/canonical-json.ts';

describe('domain/canonical-json', () => {
  it('writes the example of RFC 8785 as the RFC does', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    const text = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;
    assert.equal(canonicalJson(value), text);
  });

  it('sorts keys by UTF-16 units, at every depth, whatever order they came in', () => {
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    assert.deepEqual(canonicalJson({ b: keys, a: [] }), `{"a":[],"b":{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}}`);
    assert.equal(canonicalJson({ a: 1, b: undefined }), '{"a":1}');
  });

  it('refuses what JSON has no form for', () => {
    for (const value of [NaN, Infinity, '\ud800', { '\ud800': 1 }, [1n], undefined, [() => 1]])
      assert.throws(() => canonicalJson(value), TypeError);
  });
});
