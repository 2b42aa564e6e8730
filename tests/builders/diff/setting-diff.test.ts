import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingDiff } from '../../../src/builders/diff/setting-diff.js';

/** Every leaf of a value by its path; an empty list or object is a leaf. */
function leaves(value: unknown, path = '$'): [string, string][] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}/${key}`))
      : [];
  return inner.length > 0 ? inner : [[path, JSON.stringify(value)]];
}

describe('settingDiff', () => {
  it('names what differs by its path', () => {
    const before = { split: { kind: 'by-user', seed: 1 }, mix: [{ family: 'a' }], words: undefined };
    const after = { split: { kind: 'by-user', seed: 2 }, mix: [{ family: 'a' }, { family: 'b' }], factors: ['mood'] };
    expect(settingDiff(before, after)).toEqual([
      { setting: 'split.seed', before: 1, after: 2 },
      { setting: 'mix[1]', before: undefined, after: { family: 'b' } },
      { setting: 'factors', before: undefined, after: ['mood'] },
    ]);
  });

  it('is empty for equal values and for no others', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        expect(settingDiff(a, JSON.parse(JSON.stringify(a)))).toEqual([]);
        const isEqual = JSON.stringify(leaves(a).sort()) === JSON.stringify(leaves(b).sort());
        const kinds = JSON.stringify([Array.isArray(a), Array.isArray(b)]); // [] and {} have the same leaves
        if (!isEqual) expect(settingDiff(a, b).length).toBeGreaterThan(0);
        else if (kinds === '[true,true]') expect(settingDiff(a, b)).toEqual([]);
      }),
    );
  });
});
