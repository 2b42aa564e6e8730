import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SQLite from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Instruction, type InstructionFacts, SPLITS } from '../../src/core/instruction.js';
import { makeFolder } from '../../src/platform/files.js';
import { studioLayout } from '../../src/platform/studio.js';
import { migrate, migrations } from '../../src/store/migrations.js';
import { packNumbers, unpackNumbers } from '../../src/store/number-column.js';
import { openStore } from '../../src/store/store.js';
import { instruction, NOW, temporaryFolder, temporaryStore, version } from './fixtures.js';

it('gives back any column of whole numbers, in the fewest bytes, and numbers that are all the same once', () => {
  const largest = fc.constantFrom(0, 1, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 2 ** 32, 2 ** 53);
  const columns = largest.chain((max) =>
    fc.array(
      fc.maxSafeNat().map((n) => n % (max + 1)),
      { maxLength: 20 },
    ),
  );
  fc.assert(
    fc.property(columns, (values) => {
      const packed = packNumbers(Float64Array.from(values));
      expect([...unpackNumbers(packed, values.length)]).toEqual(values);
      const most = Math.max(0, ...values);
      const width = most < 2 ** 8 ? 1 : most < 2 ** 16 ? 2 : most < 2 ** 32 ? 4 : 8;
      expect(packed.length).toBe(1 + width * (new Set(values).size <= 1 ? 1 : values.length));
    }),
  );
});

const anyText = fc.constantFrom('', 'Will he?', 'Liked: "\u00c9t\u00e9"', '\u{1f3ac}\n', '"\\');
const anyInstruction = fc.record({
  gap: fc.constantFrom(1, 1, 1, 5),
  split: fc.constantFrom(...SPLITS),
  userId: fc.constantFrom('u', '"u" 1', ''),
  itemId: fc.constantFrom('i', '\u00ef'),
  label: fc.constantFrom(true, false, null),
  templateId: fc.constantFrom('a/b', 'a b'),
  templateVersion: fc.constantFrom(1, 12),
  target: fc.nat({ max: 2 ** 32 - 1 }),
  historyInteractions: fc.array(fc.nat({ max: 300 }), { maxLength: 4 }),
  historyLabels: fc.array(fc.constantFrom(true, false, null), { maxLength: 4 }),
  instruction: anyText,
  input: anyText,
  prompt: fc.array(anyText, { maxLength: 4 }).map((texts) => texts.join('')),
  candidates: fc.constantFrom<string[] | null>(null, ['i', '\u00ef']),
  parent: fc.option(fc.nat()),
});

function withoutTexts(row: Instruction): InstructionFacts {
  const { instruction: _1, input: _2, answer: _3, prompt: _4, values: _5, history: _6, ...facts } = row;
  return facts;
}

it('gives back any instructions, one by one and all together, whatever their numbers', () => {
  const { store } = temporaryStore();
  let made = 0x100000;
  fc.assert(
    fc.property(fc.array(anyInstruction, { maxLength: 30 }), (drawn) => {
      const next = { train: -1, valid: -1, test: -1 };
      const rows = drawn.map(({ gap, parent, ...row }) => {
        next[row.split] += gap;
        return instruction(next[row.split], { ...row, ...(parent === null ? {} : { parentRow: parent }) });
      });
      const kept = version((made++).toString(16));
      const { hash } = kept;
      store.versions.save(kept, rows, NOW);
      for (const split of SPLITS) {
        const own = rows.filter((row) => row.split === split);
        expect([...store.versions.instructions(hash, split)]).toEqual(own);
        expect([...store.versions.instructions(hash, split, 2)]).toEqual(own.slice(0, 2));
        expect([...store.versions.facts(hash, split)]).toEqual(own.map(withoutTexts));
        for (let row = 0; row <= next[split] + 1; row++)
          expect(store.versions.instruction(hash, split, row)).toEqual(own.find((one) => one.row === row));
      }
    }),
    { numRuns: 50 },
  );
});

it('gives back histories that slide over a log, and those that only seem to', () => {
  const { store } = temporaryStore();
  const labelOf = (line: number) => [true, false, null][line % 3] as boolean | null;
  const window = (row: number, length: number, change: Partial<Instruction> = {}) => {
    const historyInteractions = Array.from({ length }, (_, i) => 7 * (row + i));
    return instruction(row, {
      target: 7 * (row + length),
      historyInteractions,
      historyLabels: historyInteractions.map(labelOf),
      ...change,
    });
  };
  const lengths = [4, 4, 4, 3, 3, 1, 1, 0, 0, 4];
  const rows = Array.from({ length: 1500 }, (_, row) => {
    const own = window(row, lengths[Math.floor(row / 3) % lengths.length] as number);
    if (row % 11 === 0) return { ...own, historyLabels: [...own.historyLabels].reverse() };
    if (row % 13 === 0) return { ...own, historyLabels: own.historyLabels.slice(1) };
    return row % 17 === 0 ? { ...own, target: 5 } : own;
  });
  store.versions.save(version('aaa'), rows, NOW);
  expect([...store.versions.instructions(version('aaa').hash, 'train')]).toEqual(rows);
});

it('refuses rows of a split that do not come in order, and keeps nothing of them', () => {
  const { store } = temporaryStore();
  const save = () => store.versions.save(version('aaa'), [instruction(1), instruction(1)], NOW);
  expect(save).toThrow('row 1 of train comes behind row 1');
  expect(store.versions.list()).toEqual([]);
});

/** Rows whose lines stand in a sealed file; more than fill one block. */
function sealedRows(studio: string, hash: string): { rows: Instruction[]; places: Map<Instruction, [number, number]> } {
  const rows = Array.from({ length: 2500 }, (_, row) =>
    instruction(row, {
      prompt: `Ask \u00ab${row}\u00bb`,
      instruction: 'Ask',
      input: `\u00ab${row}\u00bb`,
      answer: 'Yes.',
    }),
  );
  const places = new Map<Instruction, [number, number]>();
  const lines: Buffer[] = [];
  let begin = 0;
  for (const one of rows) {
    const { row, userId: user, itemId: item, label, prompt, answer, values, history } = one;
    const line = Buffer.from(`${JSON.stringify({ row, user, item, label, prompt, answer, values, history })}\n`);
    lines.push(line);
    places.set(one, [begin, line.length]);
    begin += line.length;
  }
  const folder = studioLayout.version(studio, hash);
  const file = studioLayout.instructions(studio, hash, 'train');
  expect(dirname(file)).toBe(folder);
  makeFolder(folder);
  writeFileSync(file, Buffer.concat(lines));
  return { rows, places };
}

it('reads texts of rows of many blocks where their lines stand, and takes over those of a store that had a row for each', () => {
  const studio = temporaryFolder();
  const { hash } = version('aaa');
  const { rows, places } = sealedRows(studio, hash);
  const path = join(studio, 'store.db');
  const raw = new SQLite(path);
  migrate(raw, path, migrations.slice(0, 17));
  raw
    .prepare(
      `insert into dataset_versions (hash, name, source_id, newest, built_at, json) values (?, 'invented', 's', 1, '', ?)`,
    )
    .run(hash, JSON.stringify(version('aaa')));
  const insert = raw.prepare(
    `insert into instructions values (?, 1, 'train', ?, ?, ?, 1, ?, ?, ?, null, 1, 8, ?, ?, ?, ?, null)`,
  );
  raw.exec('begin');
  for (const one of rows) {
    const shape = JSON.stringify([
      one.historyLabels.map((label) => (label === null ? '-' : label ? '1' : '0')).join(''),
      [0, 3],
      [4, Buffer.byteLength(one.prompt)],
    ]);
    const lines = [one.target, ...one.historyInteractions].join(' ');
    const answers = JSON.stringify([one.scored, one.choices, one.candidates]);
    insert.run(
      one.row + 1,
      one.row,
      one.userId,
      one.itemId,
      one.templateId,
      one.templateVersion,
      lines,
      ...(places.get(one) ?? []),
      shape,
      answers,
    );
  }
  raw.exec('commit');
  raw.close();
  const store = openStore(path);
  expect([...store.versions.instructions(hash, 'train')]).toEqual(rows);
  for (const row of [0, 1023, 1024, 2499]) expect(store.versions.instruction(hash, 'train', row)).toEqual(rows[row]);
  expect(store.versions.instruction(hash, 'train', 2500)).toBeUndefined();
  store.close();
});
