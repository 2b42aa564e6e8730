import type { SeenRow } from '../../core/report-rows.js';
import { alignToRows, type EvaluatedInstruction } from '../align-predictions.js';
import { inOrder, type Sibling } from '../seed-figures.js';
import { scoreTask, type TaskKnowledge } from '../tasks/score-task.js';
import { byTask, kindOf, type TaskRow } from '../tasks/task-rows.js';

/** By row of test: by run what its adapter said, in the unit in which the report's own is told. */
export type SaidByRuns = ReadonlyMap<number, Readonly<Record<string, number>>>;

/**
 * What the adapters of other seeds, or of other numbers of train rows, say of the rows of test.
 *
 * rows       of test, by row
 * knowledge  undefined: all rows are judgements
 * throws     RectuneError 'data' when predictions and rows do not fit
 */
export function saidByRuns(
  instructions: readonly EvaluatedInstruction[],
  rows: readonly TaskRow[],
  knowledge: TaskKnowledge | undefined,
  siblings: readonly Sibling[],
): SaidByRuns {
  const said = new Map<number, Record<string, number>>(rows.map(({ instruction }) => [instruction.row, {}]));
  for (const { run, scored } of inOrder(siblings)) {
    const answers = new Map(alignToRows(instructions, scored).map((one) => [one.row, one]));
    const told = rows.map((row): TaskRow => {
      const adapter = answers.get(row.instruction.row) as TaskRow['adapter'];
      return { ...row, adapter, base: adapter };
    });
    const remember = ({ instruction }: TaskRow, value: number) => {
      (said.get(instruction.row) as Record<string, number>)[run] = value;
    };
    for (const row of told) if (kindOf(row) === undefined) remember(row, row.adapter.logOdds as number);
    for (const group of knowledge ? byTask(told) : []) {
      const numbers = scoreTask(group, { ...(knowledge as TaskKnowledge), train: [] }).said('adapter');
      for (const [place, row] of group.rows.entries()) remember(row, numbers[place] as number);
    }
  }
  return said;
}

/** The rows with what the adapters of other runs said of those of test. */
export function withRuns(said: SaidByRuns, rows: readonly SeenRow[]): SeenRow[] {
  return rows.map((row) => {
    const runs = row.split === 'test' ? said.get(Number(row.row.split('/').at(-1))) : undefined;
    return runs && Object.keys(runs).length > 0 ? { ...row, runs: { ...runs } } : row;
  });
}
