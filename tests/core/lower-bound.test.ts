import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowerBound } from '../../src/core/lower-bound.js';

it('is the number of values below a value, among those that are asked about', () => {
  const values = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 40 });
  fc.assert(
    fc.property(values, fc.integer({ min: -6, max: 6 }), fc.nat(40), (some, value, most) => {
      const ascending = [...some].sort((a, b) => a - b);
      const size = Math.min(most, ascending.length);
      expect(lowerBound(ascending, value)).toBe(ascending.filter((one) => one < value).length);
      expect(lowerBound(ascending, value, size)).toBe(ascending.slice(0, size).filter((one) => one < value).length);
    }),
  );
});
