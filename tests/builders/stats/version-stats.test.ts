import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Slice, versionStats } from '../../../src/builders/stats/version-stats.js';
import { type Instruction, SPLITS, type Split } from '../../../src/core/instruction.js';
import { instruction, NOW, temporaryStore, version } from '../../store/fixtures.js';

const anyVersion = fc
  .array(
    fc.record({
      split: fc.constantFrom(...SPLITS),
      userId: fc.constantFrom('u1', 'u2', 'u3'),
      itemId: fc.constantFrom(...'abcdefghijklmn'),
      label: fc.constantFrom(true, false, null),
      templateId: fc.constantFrom('f/1', 'f/2', 'g/1'),
      prompt: fc.constantFrom('x', '😀😀', 'longer words'),
      historyInteractions: fc.constantFrom<number[]>([], [1], [1, 2, 3]),
    }),
    { maxLength: 40 },
  )
  .map((rows) => {
    const next: Record<Split, number> = { train: 0, valid: 0, test: 0 };
    return rows.map((row) => instruction(next[row.split]++, row));
  });

const familyOf = (template: string) => template.slice(0, 1);

/** Slices by a name for each row, in any order. */
function slow(rows: readonly Instruction[], nameOf: (row: Instruction) => string): Slice[] {
  return [...new Set(rows.map(nameOf))].map((slice) => {
    const here = rows.filter((row) => nameOf(row) === slice);
    const liked = here.filter(({ label }) => label === true).length;
    return { slice, rows: here.length, liked, disliked: here.filter(({ label }) => label === false).length };
  });
}

const sorted = (slices: readonly object[]) => slices.map((one) => JSON.stringify(one)).sort();

it('statistics of a version in the store are those that plain loops over its rows give', () => {
  const { store } = temporaryStore();
  let made = 0x100000;
  fc.assert(
    fc.property(anyVersion, (rows) => {
      const kept = version((made++).toString(16));
      store.versions.save(kept, rows, NOW);
      const { templates, balance, splits } = versionStats(
        () => store.statistics.rows(kept.hash),
        (id) => ({ task: `task ${id}`, family: familyOf(id) }),
        store.statistics.repeatedTargets(kept.hash),
      );
      const train = rows.filter(({ split }) => split === 'train');
      const ofUser = (user: string) => train.filter(({ userId }) => userId === user).length;
      const ofItem = (item: string) => train.filter(({ itemId }) => itemId === item).length;
      const items = [...new Set(train.map(({ itemId }) => itemId))];
      const before = (item: string) =>
        items.filter((other) => ofItem(other) > ofItem(item) || (ofItem(other) === ofItem(item) && other < item))
          .length;
      expect(sorted(balance.split)).toEqual(sorted(slow(rows, ({ split }) => split)));
      expect(sorted(balance.family)).toEqual(sorted(slow(rows, ({ templateId }) => familyOf(templateId))));
      const activity = ({ userId }: Instruction) => {
        const count = ofUser(userId);
        if (count < 2) return String(count);
        return count < 5 ? '2-4' : count < 10 ? '5-9' : count < 20 ? '10-19' : '20-49';
      };
      expect(sorted(balance.activity)).toEqual(sorted(slow(rows, activity)));
      const decile = ({ itemId }: Instruction) =>
        items.includes(itemId) ? String(Math.floor((10 * before(itemId)) / items.length) + 1) : 'not in train';
      expect(sorted(balance.popularity)).toEqual(sorted(slow(rows, decile)));
      expect(
        templates.map(({ split, slice, rows: count, liked }) => `${split} ${slice} ${count} ${liked}`).sort(),
      ).toEqual(
        slow(rows, ({ split, templateId }) => `${split} ${templateId}`)
          .map(({ slice, rows: count, liked }) => `${slice} ${count} ${liked}`)
          .sort(),
      );
      for (const one of splits) {
        const here = rows.filter(({ split }) => split === one.split);
        const pairs = new Set(here.map(({ userId, itemId }) => `${userId} ${itemId}`)).size;
        expect(one.rows).toBe(here.length);
        if (here.length === 0) {
          expect(one.repeatedTargets).toBeUndefined();
          continue;
        }
        expect(one.repeatedTargets).toBeCloseTo((here.length - pairs) / here.length, 12);
        const lengths = here.map(({ prompt }) => [...prompt].length);
        expect([one.characters.quantiles[0], one.characters.quantiles.at(-1)]).toEqual([
          Math.min(...lengths),
          Math.max(...lengths),
        ]);
        expect(one.history.mean).toBeCloseTo(
          here.reduce((sum, row) => sum + row.historyInteractions.length, 0) / here.length,
          12,
        );
      }
    }),
    { numRuns: 60 },
  );
});
