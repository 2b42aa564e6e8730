import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Instruction, SPLITS, type Split } from '../../src/core/instruction.js';
import type { ChangeCount, RowPlace } from '../../src/store/version-diff.js';
import { instruction, NOW, temporaryStore, version } from './fixtures.js';

const identity = ({ split, userId, target, historyInteractions, templateId }: Instruction) =>
  JSON.stringify([split, userId, target, historyInteractions, templateId]);
const says = ({ prompt, answer, label, itemId, scored, choices, candidates }: Instruction) =>
  JSON.stringify([prompt, answer, label, itemId, choices && [scored, choices, candidates]]);

/** By the definition: for each row, how many such rows came before it, then the row of the other side with the same number. */
function slowDiff(before: readonly Instruction[], after: readonly Instruction[]): RowPlace[] {
  const numbered = (rows: readonly Instruction[]) =>
    rows.map((row, index) => ({
      row,
      name: `${identity(row)} ${rows.slice(0, index).filter((other) => identity(other) === identity(row)).length}`,
    }));
  const [left, right] = [numbered(before), numbered(after)];
  const places: RowPlace[] = [];
  for (const { row, name } of right) {
    const other = left.find((one) => one.name === name)?.row;
    if (!other) places.push({ change: 'added', split: row.split, before: null, after: row.row });
    else if (says(other) !== says(row))
      places.push({ change: 'changed', split: row.split, before: other.row, after: row.row });
  }
  for (const { row, name } of left) {
    if (!right.some((one) => one.name === name))
      places.push({ change: 'removed', split: row.split, before: row.row, after: null });
  }
  return places;
}

const anyRow = fc.record({
  split: fc.constantFrom(...SPLITS),
  userId: fc.constantFrom('u', 'u 1', '1'),
  target: fc.constantFrom(1, 11),
  historyInteractions: fc.constantFrom<number[]>([], [1], [1, 1], [11]),
  templateId: fc.constantFrom('a/b', 'a/c'),
  prompt: fc.constantFrom('p', 'q'),
  label: fc.constantFrom(true, false, null),
  itemId: fc.constantFrom('i', 'j'),
  choices: fc.constantFrom<string[] | null>(['x', 'y'], null),
});
const anyVersion = fc.array(anyRow, { maxLength: 10 }).map((rows) => {
  const next: Record<Split, number> = { train: 0, valid: 0, test: 0 };
  return rows.map((row) => {
    next[row.split] += 1;
    return instruction(next[row.split] - 1, { ...row, ...(row.choices === null ? { scored: null } : {}) });
  });
});
const sorted = (places: readonly RowPlace[]) => places.map((place) => JSON.stringify(place)).sort();

describe('store.diffs', () => {
  it('finds added, removed and changed rows as the definition does, on any two versions', () => {
    const { store } = temporaryStore();
    let made = 0x100000;
    fc.assert(
      fc.property(anyVersion, anyVersion, (before, after) => {
        const [one, two] = [version((made++).toString(16)), version((made++).toString(16))];
        store.versions.save(one, before, NOW);
        store.versions.save(two, after, NOW);
        const { counts, places } = store.diffs.compare(one.hash, two.hash, 1000);
        const expected = slowDiff(before, after);
        expect(sorted(places)).toEqual(sorted(expected));
        const rowOf = (place: RowPlace) =>
          (place.after === null ? before : after).find(
            (row) => row.split === place.split && row.row === (place.after ?? place.before),
          ) as Instruction;
        for (const count of counts) expect(count.rows).toBe(expected.filter((p) => isIn(count, p, rowOf(p))).length);
        expect(counts.reduce((sum, { rows }) => sum + rows, 0)).toBe(expected.length);
      }),
    );
  });

  it('shows the first rows of each kind, train before valid before test, and leaves nothing behind', () => {
    const { store } = temporaryStore();
    const rows = (['test', 'valid', 'train'] as const).flatMap((split) =>
      [0, 1].map((row) => instruction(row, { split, target: row + 7 })),
    );
    store.versions.save(version('aaaaaa'), [], NOW);
    store.versions.save(version('bbbbbb'), rows, NOW);
    const ask = () => store.diffs.compare(version('aaaaaa').hash, version('bbbbbb').hash, 3);
    const first = ask();
    expect(first.places.map(({ split, after }) => [split, after])).toEqual([
      ['train', 0],
      ['train', 1],
      ['valid', 0],
    ]);
    expect(ask()).toEqual(first);
  });
});

function isIn(count: ChangeCount, place: RowPlace, row: Instruction): boolean {
  return (
    count.change === place.change &&
    count.split === place.split &&
    count.templateId === row.templateId &&
    count.label === row.label
  );
}
