import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdTable, UNKNOWN } from '../../../src/sources/plain/id-table.js';

const digits = fc.stringMatching(/^\d{0,9}$/);
const id = fc.oneof(digits, fc.stringMatching(/^[ab0]{0,12}$/), fc.string({ maxLength: 40, unit: 'binary' }));

it('knows each id by its bytes and no other, as a map of texts does', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 300 }), (ids) => {
      const [table, map] = [new IdTable(), new Map<string, number>()];
      for (const one of ids) {
        const around = Buffer.from(`;${one};`);
        const known = table.find(around, 1, around.length - 1);
        expect(known).toBe(map.get(around.toString('latin1')) ?? UNKNOWN);
        if (known !== UNKNOWN) continue;
        table.put(around, 1, around.length - 1, map.size);
        map.set(around.toString('latin1'), map.size);
      }
    }),
  );
});

it('keeps ids of all lengths apart while it grows', () => {
  const table = new IdTable();
  const ids = Array.from({ length: 5000 }, (_, i) =>
    Buffer.from([String(i), `u${i}`, `0${i}`, `a long user id ${i}`][i % 4] as string),
  );
  for (const [i, one] of ids.entries()) table.put(one, 0, one.length, i);
  expect(ids.map((one) => table.find(one, 0, one.length))).toEqual(ids.map((_, i) => i));
  const other = Buffer.from('a long user id -1');
  expect(table.find(other, 0, other.length)).toBe(UNKNOWN);
});
