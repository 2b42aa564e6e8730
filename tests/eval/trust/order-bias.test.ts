import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ordered, placeEffects } from '../../../src/eval/trust/order-bias.js';

function allOrders(n: number): number[][] {
  if (n === 0) return [[]];
  return allOrders(n - 1).flatMap((rest) => Array.from({ length: n }, (_, at) => rest.toSpliced(at, 0, n - 1)));
}

/** By loops: at each place, share minus the candidate's own mean, over all orders. */
function plainEffects(orders: readonly Ordered[]): number[] {
  const n = orders[0]?.shares.length ?? 0;
  return Array.from({ length: n }, (_, place) => {
    let sum = 0;
    for (const { places, shares } of orders) {
      const candidate = places.indexOf(place);
      const own = orders.reduce((all, one) => all + (one.shares[candidate] as number), 0) / orders.length;
      sum += (shares[candidate] as number) - own;
    }
    return sum / orders.length;
  });
}

describe('what a place adds', () => {
  it('is its share minus 1 / n for a model that looks at places alone, whether all orders were asked or a few', () => {
    const byPlace = [0.5, 0.3, 0.15, 0.05];
    const told = allOrders(4).map((places) => ({ places, shares: places.map((place) => byPlace[place] as number) }));
    placeEffects(told)?.forEach((effect, place) => {
      expect(effect).toBeCloseTo((byPlace[place] as number) - 0.25, 12);
    });
    // Over every pair of orders the mean is the same: the factor makes up for the few.
    const sums = [0, 0, 0, 0];
    let pairs = 0;
    for (const [i, one] of told.entries()) {
      for (const other of told.slice(i + 1)) {
        pairs += 1;
        placeEffects([one, other])?.forEach((effect, place) => {
          sums[place] = (sums[place] as number) + effect;
        });
      }
    }
    sums.forEach((sum, place) => {
      expect(sum / pairs).toBeCloseTo((byPlace[place] as number) - 0.25, 12);
    });
  });

  it('is nothing for a model that looks at candidates alone, whatever it thinks of them', () => {
    const orders = fc
      .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 5 })
      .chain((weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const shares = weights.map((weight) => weight / total);
        const places = fc.shuffledSubarray(
          weights.map((_, place) => place),
          { minLength: weights.length, maxLength: weights.length },
        );
        return fc.array(
          places.map((own) => ({ places: own, shares })),
          { minLength: 2, maxLength: 6 },
        );
      });
    fc.assert(
      fc.property(orders, (all) => {
        for (const effect of placeEffects(all) ?? []) expect(effect).toBeCloseTo(0, 12);
      }),
    );
  });

  it('equals the definition where all orders were asked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }), {
          minLength: 6,
          maxLength: 6,
        }),
        (shares) => {
          const orders = allOrders(3).map((places, i) => ({ places, shares: shares[i] as number[] }));
          const plain = plainEffects(orders);
          placeEffects(orders)?.forEach((effect, place) => {
            expect(effect).toBeCloseTo(plain[place] as number, 12);
          });
        },
      ),
    );
  });

  it('is not defined for one order', () => {
    expect(placeEffects([{ places: [0, 1], shares: [0.5, 0.5] }])).toBeUndefined();
    expect(placeEffects([])).toBeUndefined();
  });
});
