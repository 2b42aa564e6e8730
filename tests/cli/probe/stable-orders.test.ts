import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isStable } from '../../../src/cli/probe/stable-orders.js';
import type { VariantAnswer } from '../../../src/core/probe.js';
import { STABLE_BELOW, softmax } from '../../../src/core/probe-budget.js';

const scores = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 });
/** Of each row what is said in its own order, then in others. */
const anyRows = fc.array(fc.array(scores, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });

it('tells whether the last order moved the mean answer, as its definition has it', () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 5 }), (rows, orders) => {
      const own = new Map(rows.map(([first = []], row) => [row, first]));
      const answers = rows.flatMap(([, ...others], row) =>
        others.map((adapter, variant): VariantAnswer => ({ row, variant, places: [0, 1, 2], adapter, base: adapter })),
      );
      const mean = (said: number[][]) =>
        [0, 1, 2].map((k) => said.map(softmax).reduce((sum, p) => sum + (p[k] as number), 0) / said.length);
      const moved = rows.map((said) => {
        const [before, after] = [mean(said.slice(0, orders)), mean(said.slice(0, orders + 1))];
        return [0, 1, 2].reduce((sum, k) => sum + Math.abs((before[k] as number) - (after[k] as number)), 0) / 2;
      });
      const change = moved.reduce((sum, one) => sum + one, 0) / rows.length;
      fc.pre(Math.abs(change - STABLE_BELOW) > 1e-9);
      expect(isStable([...own.keys()], own, answers, orders)).toBe(change < STABLE_BELOW);
    }),
  );
});
