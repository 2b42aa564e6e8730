import { SPLITS } from '../../../core/instruction.js';
import { sha256 } from '../../../platform/files.js';
import type { JudgeMaker } from '../judge.js';

/** Rows that a later split has, too: by their prompt, or by who is asked about what. */
export const splitTwins: JudgeMaker<'split-twins'> = ({ by }, scene, split) => {
  const keyOf = (row: { prompt: string; userId: string; itemId: string }): string =>
    by === 'prompt' ? sha256(row.prompt) : JSON.stringify([row.userId, row.itemId]);
  const later = new Map<string, string>();
  for (const other of SPLITS.slice(SPLITS.indexOf(split) + 1)) {
    for (const row of scene.rows(other)) later.set(keyOf(row), `${other} row ${row.row}`);
  }
  return (row) => {
    const twin = later.get(keyOf(row));
    return twin === undefined ? undefined : `${twin} has the same ${by === 'prompt' ? 'prompt' : 'user and item'}`;
  };
};
