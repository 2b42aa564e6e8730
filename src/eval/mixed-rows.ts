import type { Instruction, Split } from '../core/instruction.js';
import { frequentPosition } from './baselines/frequent-position.js';
import { trainInteractions } from './baselines/train-log.js';
import type { ReportInput } from './report.js';
import type { AnsweredRow } from './split-scores.js';
import type { TaskKnowledge } from './tasks/score-task.js';
import { kindOf, type TaskRow, taskRows } from './tasks/task-rows.js';

type Evaluated = Exclude<Split, 'train'>;

/** The rows of a version that mixes tasks with their templates and histories, and what its baselines know. */
export interface MixedRows {
  readonly known: Readonly<Record<Evaluated, readonly TaskRow[]>>;
  readonly knowledge: TaskKnowledge;
}

/**
 * asked    the rows whose targets no baseline may count, whichever of them are answered here
 * returns  undefined when all rows are judgements: then neither log nor templates are looked at
 */
export function mixedRows(
  { version, train, log }: Pick<ReportInput, 'version' | 'train' | 'log'>,
  answered: Readonly<Record<Evaluated, readonly AnsweredRow[]>>,
  asked: readonly Pick<Instruction, 'target'>[],
): MixedRows | undefined {
  const both = [...answered.test, ...answered.valid];
  if (both.every((row) => kindOf(row) === undefined)) return undefined;
  const shown = new Set(both.flatMap(({ instruction }) => instruction.historyInteractions));
  const items = new Map<number, string>();
  const ratings = new Set<number>();
  for (const { logIndex, itemId, rating } of log()) {
    if (shown.has(logIndex)) items.set(logIndex, itemId);
    if (rating !== null) ratings.add(rating);
  }
  const rowsOf = (rows: readonly AnsweredRow[]) => taskRows(version, rows, (line) => items.get(line));
  return {
    known: { test: rowsOf(answered.test), valid: rowsOf(answered.valid) },
    knowledge: {
      train: trainInteractions(train, asked, log()),
      places: frequentPosition(train),
      ratings: [...ratings].sort((a, b) => a - b),
    },
  };
}
