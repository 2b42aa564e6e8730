import type { DatasetVersion } from '../../../src/core/dataset-version.js';
import { type Instruction, SPLITS } from '../../../src/core/instruction.js';
import type { Interaction } from '../../../src/core/interaction.js';
import type { Store } from '../../../src/store/store.js';
import { instruction, NOW, version } from '../../store/fixtures.js';

/** Line i + 1 of a log: user u1 meets an item a day later than the one before, with changing ratings, unless told otherwise. */
export function logOf(events: readonly Partial<Interaction>[]): Interaction[] {
  return events.map((event, i) => ({
    userId: 'u1',
    itemId: `i${i}`,
    rating: (i % 5) + 1,
    timestamp: 1_000_000 + i * 86_400 + ((i * 7919) % 50_000),
    logIndex: i + 1,
    attributes: {},
    ...event,
  }));
}

/** A row whose prompt is made of plain text and, in brackets, inserted values: ['Liked: ', ['Heat'], ', ', ['Alien']]. */
export function rowOf(change: Partial<Instruction> = {}, pieces: readonly (string | [string])[] = []): Instruction {
  let prompt = 'Instruction: ';
  const values: [number, number][] = [];
  for (const piece of pieces) {
    const begin = Buffer.byteLength(prompt);
    prompt += typeof piece === 'string' ? piece : piece[0];
    if (typeof piece !== 'string' && piece[0] !== '') values.push([begin, Buffer.byteLength(prompt)]);
  }
  const input = prompt.slice('Instruction: '.length);
  const marks = { instruction: 'Instruction:', input, prompt, values, history: [], historyLabels: [] };
  return instruction(0, { ...marks, historyInteractions: [], target: 1, itemId: 'i0', ...change });
}

/** Keeps rows as a version of the source "invented"; they are numbered in their splits. */
export function keepVersion(
  store: Store,
  rows: readonly Instruction[],
  change: Partial<DatasetVersion> = {},
): DatasetVersion {
  const next = { train: 0, valid: 0, test: 0 };
  const numbered = rows.map((row) => ({ ...row, row: next[row.split]++ }));
  const of = (split: string) => numbered.filter((row) => row.split === split);
  const per = (count: (of: Instruction[]) => number) =>
    Object.fromEntries(SPLITS.map((split) => [split, count(of(split))])) as {
      train: number;
      valid: number;
      test: number;
    };
  const made = version('aaaaaaaa', {
    name: 'old',
    sourceId: 'invented',
    sourceHash: 'a'.repeat(64),
    labels: ['Yes.', 'No.'],
    counts: {
      ...next,
      users: per((rows) => new Set(rows.map(({ userId }) => userId)).size),
      liked: per((rows) => rows.length),
    },
    ...change,
  });
  store.versions.save(made, numbered, NOW);
  return made;
}
