import { RectuneError } from '../../core/errors.js';
import type { Instruction } from '../../core/instruction.js';
import { Random } from '../../core/random.js';
import type { JudgeMaker } from './judge.js';

/**
 * Labels of judgements exchanged among the rows of a split: as many are liked as before, and which says nothing. A row of an answer with two choices gets
 * the other one; prompts stay.
 *
 * throws  RectuneError 'usage' for a split without judgements
 */
export const shuffleLabels: JudgeMaker<'shuffle-labels'> = ({ seed }, scene, split) => {
  const rows: number[] = [];
  const labels: boolean[] = [];
  for (const { row, label } of scene.facts(split)) {
    if (label === null) continue;
    rows.push(row);
    labels.push(label);
  }
  if (rows.length === 0) {
    const what = `${split} has no judgements whose labels could be shuffled`;
    throw new RectuneError('usage', what, 'the step shuffle-labels', 'leave it out, or name a version of judgements');
  }
  const shuffled = new Random(seed, `shuffled labels of ${split}`).shuffle(labels);
  const given = new Map(rows.map((row, place) => [row, shuffled[place] as boolean]));
  return (row) => {
    const label = given.get(row.row);
    return label === undefined || label === row.label
      ? undefined
      : { changed: { ...row, label, answer: otherAnswer(row) }, audit: { label: 1 } };
  };
};

function otherAnswer({ choices, answer, row, split }: Instruction): string {
  const other = choices?.length === 2 ? choices.find((choice) => choice !== answer) : undefined;
  if (other === undefined) throw new Error(`${split} row ${row} has a label and not two answers`);
  return other;
}
