import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawShots } from '../../src/trainers/shots.js';

const drawing = fc
  .integer({ min: 1, max: 200 })
  .chain((rows) => fc.tuple(fc.constant(rows), fc.integer({ min: 1, max: rows }), fc.nat()));

it('draws distinct rows in ascending order, as many as asked', () => {
  fc.assert(
    fc.property(drawing, ([rows, shots, seed]) => {
      const drawn = drawShots(shots, rows, seed);
      expect(drawn).toHaveLength(shots);
      expect(drawn.every((row) => Number.isInteger(row) && row >= 0 && row < rows)).toBe(true);
      expect(drawn.every((row, index) => index === 0 || row > (drawn[index - 1] as number))).toBe(true);
    }),
  );
});

it('keeps fewer shots of a seed inside more shots of it, so that runs of growing size can be compared', () => {
  fc.assert(
    fc.property(drawing, ([rows, shots, seed]) => {
      const more = new Set(drawShots(rows, rows, seed).concat(drawShots(shots, rows, seed)));
      const half = drawShots(Math.max(1, Math.floor(shots / 2)), rows, seed);
      const whole = new Set(drawShots(shots, rows, seed));
      expect(more.size).toBe(rows);
      expect(half.every((row) => whole.has(row))).toBe(true);
    }),
  );
});

it('draws each row about equally often over many seeds', () => {
  const counts = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 2000; seed++)
    for (const row of drawShots(3, 10, seed)) counts[row] = (counts[row] ?? 0) + 1;
  // 2000 draws of 3 of 10: mean 600, standard deviation about 20
  for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(100);
});

it('draws the same rows on every machine', () => {
  expect(drawShots(5, 100, 1)).toMatchInlineSnapshot(`
    [
      12,
      40,
      43,
      75,
      86,
    ]
  `);
});
