import type { DatasetVersion } from '../../core/dataset-version.js';
import { RectuneError } from '../../core/errors.js';
import type { TaskKind } from '../../core/task-report.js';
import { TASKS, type TaskName } from '../../core/template.js';
import type { AnsweredRow } from '../split-scores.js';
import type { RowFacts } from './row-facts.js';

/** A row with what is known of its template and of its history. */
export interface TaskRow extends AnsweredRow {
  readonly task: TaskName;
  readonly family: string | undefined;
  readonly cell: string | undefined; // of the grid
  readonly unseen: boolean; // a wording that train never holds
  readonly facts: RowFacts;
  readonly history: readonly string[]; // item ids as the model saw them, oldest first; empty when the prompt shows none
}

/**
 * Rows of a version that mixes tasks, each under its task.
 *
 * itemOf   the item of a line of the log
 * factsOf  what the log says of a row
 * throws  RectuneError 'usage' for a row whose task is not known and that has no label: there is nothing to compare a prediction with
 */
export function taskRows(
  version: DatasetVersion,
  answered: readonly AnsweredRow[],
  itemOf: (line: number) => string | undefined,
  factsOf: (row: AnsweredRow['instruction'], droppedHistory: number) => RowFacts,
): TaskRow[] {
  const templates = new Map(version.templates.map((template) => [template.id, template]));
  return answered.map((row) => {
    const { instruction, adapter } = row;
    const template = templates.get(instruction.templateId);
    const task = template?.task ?? (instruction.label === null ? undefined : 'judgement');
    if (task === undefined || !Object.hasOwn(TASKS, task)) {
      throw new RectuneError(
        'usage',
        `row ${instruction.row} has no label and its template "${instruction.templateId}" names no task, so there is nothing to compare a prediction with`,
        `dataset version ${version.hash}`,
        'build the version again with this program',
      );
    }
    return {
      ...row,
      task: task as TaskName,
      family: template?.family,
      cell: template?.cell,
      unseen: template?.evaluationOnly === true,
      facts: factsOf(instruction, adapter.droppedHistory),
      history: instruction.historyInteractions.slice(adapter.droppedHistory).flatMap((line) => itemOf(line) ?? []),
    };
  });
}

/** Which metrics a row is for; undefined for a judgement. A matching row without a list is free text: its own title alone was scored. */
export function kindOf({ instruction: { label, choices, candidates } }: AnsweredRow): TaskKind | undefined {
  if (label !== null) return undefined;
  if (choices === null) return 'text';
  return candidates === null ? 'rating' : 'choice';
}

/** Rows by task and kind, in the order of TASKS. */
export function byTask(rows: readonly TaskRow[]): { task: TaskName; kind: TaskKind; rows: TaskRow[] }[] {
  const groups = new Map<string, { task: TaskName; kind: TaskKind; rows: TaskRow[] }>();
  for (const row of rows) {
    const kind = kindOf(row);
    if (kind === undefined) continue;
    const key = `${row.task} ${kind}`;
    const group = groups.get(key);
    if (group) group.rows.push(row);
    else groups.set(key, { task: row.task, kind, rows: [row] });
  }
  const order = Object.keys(TASKS);
  return [...groups.values()].sort((a, b) => order.indexOf(a.task) - order.indexOf(b.task));
}
