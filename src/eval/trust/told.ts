import type { RowKind } from '../../core/report-rows.js';
import type { TrustModel } from '../../core/report-trust.js';
import { choiceScores } from '../tasks/score-task.js';
import { byTask, kindOf, type TaskRow } from '../tasks/task-rows.js';

/** What a model says of each answer that a row could have had, and which one came true. A judgement: its log-odds and 0, the first being "liked". */
export interface Told {
  readonly scores: readonly number[]; // log-likelihoods in nats, up to a constant that they share
  readonly right: number; // place
}

/** Rows of one task that are judged alike. */
export interface RowsOfTask {
  readonly task: string;
  readonly kind: RowKind;
  readonly rows: readonly TaskRow[];
}

/** Judgements first, then the other tasks in their order. */
export function rowsByTask(rows: readonly TaskRow[]): RowsOfTask[] {
  const judged = rows.filter((row) => kindOf(row) === undefined);
  const judgements: RowsOfTask[] = judged.length === 0 ? [] : [{ task: 'judgement', kind: 'judgement', rows: judged }];
  return [...judgements, ...byTask(rows)];
}

/** Of a row whose kind is no text. */
export function toldOf(row: TaskRow, kind: RowKind, model: TrustModel): Told {
  const { instruction, [model]: said } = row;
  const { label, candidates, itemId, choices, answer } = instruction;
  if (kind === 'judgement') return { scores: [said.logOdds as number, 0], right: label ? 0 : 1 };
  const right = kind === 'choice' ? candidates?.indexOf(itemId) : choices?.indexOf(answer);
  if (right === undefined || right < 0) throw new Error(`the answer of row ${instruction.row} is none of its choices`);
  return { scores: choiceScores(instruction, said, 'sum'), right };
}
