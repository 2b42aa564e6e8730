import type { Split } from '../core/instruction.js';
import { frequentPosition } from './baselines/frequent-position.js';
import { trainInteractions } from './baselines/train-log.js';
import type { ReportInput } from './report.js';
import type { AnsweredRow } from './split-scores.js';
import { reportTasks, type TaskFindings } from './tasks/report-tasks.js';
import { kindOf, type TaskRow, taskRows } from './tasks/task-rows.js';

type Evaluated = Exclude<Split, 'train'>;

/** What is said of rows that are no judgements, and every row with its template; nothing of either for a version without such rows. */
export function mixedTasks(
  { version, train, log, options }: Pick<ReportInput, 'version' | 'train' | 'log' | 'options'>,
  answered: Readonly<Record<Evaluated, readonly AnsweredRow[]>>,
): { findings: TaskFindings; known: Readonly<Record<Evaluated, readonly TaskRow[]>> | undefined } {
  const both = [...answered.test, ...answered.valid];
  if (both.every((row) => kindOf(row) === undefined)) {
    return { findings: { tasks: [], slices: [], wordings: [], rows: [] }, known: undefined };
  }
  const shown = new Set(both.flatMap(({ instruction }) => instruction.historyInteractions));
  const items = new Map<number, string>();
  const ratings = new Set<number>();
  for (const { logIndex, itemId, rating } of log()) {
    if (shown.has(logIndex)) items.set(logIndex, itemId);
    if (rating !== null) ratings.add(rating);
  }
  const rowsOf = (rows: readonly AnsweredRow[]) => taskRows(version, rows, (line) => items.get(line));
  const asked = both.map(({ instruction }) => instruction);
  const known = { test: rowsOf(answered.test), valid: rowsOf(answered.valid) };
  const knowledge = {
    train: trainInteractions(train, asked, log()),
    places: frequentPosition(train),
    ratings: [...ratings].sort((a, b) => a - b),
  };
  return { findings: reportTasks(version, known, knowledge, options), known };
}
