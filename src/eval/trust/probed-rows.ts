import { RectuneError } from '../../core/errors.js';
import type { Prediction } from '../../core/prediction.js';
import type { VariantAnswer } from '../../core/probe.js';
import type { TaskRow } from '../tasks/task-rows.js';
import type { KeptProbe } from './kept-probes.js';

/** Rows in one form. */
export interface Form {
  readonly name: string;
  readonly seen: boolean | null;
  readonly rows: readonly TaskRow[]; // all of a task, those that have no such form as they are
  readonly places: readonly number[]; // of those that have it
}

/** What was told of a row in another form: of one model or of both. */
export interface Retold {
  readonly row: number;
  readonly places?: readonly number[] | null; // in which order its candidates stood; none: their own
  readonly adapter: readonly number[];
  readonly base: readonly number[] | undefined;
}

/**
 * The rows of test that a probe names, in its order.
 *
 * throws RectuneError 'data' for one that test does not have
 */
export function askedRows(test: readonly TaskRow[], asked: readonly number[], kept: KeptProbe): TaskRow[] {
  const byRow = new Map(test.map((row) => [row.instruction.row, row]));
  return asked.map((row) => {
    const found = byRow.get(row);
    if (found) return found;
    throw broken(`the probe asked row ${row}, which test has not`, kept);
  });
}

/** The rows of a task in one form of a probe. Throws RectuneError 'data' when an answer does not fit its row. */
export function inForm(
  { name, seen }: Pick<Form, 'name' | 'seen'>,
  rows: readonly TaskRow[],
  answers: readonly Retold[],
  kept: KeptProbe,
): Form {
  const ofRow = new Map(answers.map((answer) => [answer.row, answer]));
  const places: number[] = [];
  const shown = rows.map((row, place) => {
    const answer = ofRow.get(row.instruction.row);
    if (!answer) return row;
    places.push(place);
    const scoresOf = (scores: readonly number[]) => (answer.places ? scores : bothOfPair(row, scores));
    return {
      ...row,
      adapter: retold(row, row.adapter, scoresOf(answer.adapter), kept),
      base: answer.base ? retold(row, row.base, scoresOf(answer.base), kept) : row.base,
    };
  });
  return { name, seen, rows: shown, places };
}

/** Of a pair of candidates in their own order the log-odds of the first may stand alone: the other has 0. */
function bothOfPair({ instruction: { label, choices } }: TaskRow, scores: readonly number[]): readonly number[] {
  return label === null && choices?.length === 2 && scores.length === 1 ? [...scores, 0] : scores;
}

/** By the place of its variant. */
export function answersOf(answers: readonly VariantAnswer[], variant: number): Retold[] {
  return answers.filter((one) => one.variant === variant);
}

/** A prediction with other scores, which are told apart as a whole: of a judgement log-odds, else a log-likelihood of each answer. */
export function retold(
  { instruction }: TaskRow,
  plain: Prediction,
  scores: readonly number[],
  kept: KeptProbe,
): Prediction {
  const { label, choices, row } = instruction;
  const wanted = label === null ? (choices?.length ?? 1) : 1;
  if (scores.length !== wanted || !scores.every(Number.isFinite)) {
    throw broken(`the probe has ${scores.length} scores of row ${row}, which takes ${wanted} finite ones`, kept);
  }
  if (label !== null) return { ...plain, logOdds: scores[0] as number };
  const tokens = (k: number) => plain.choices?.[k]?.tokens ?? 1; // a free text is the same text in every form
  return { ...plain, logOdds: null, choices: scores.map((sum, k) => ({ sum, tokens: tokens(k), first: sum })) };
}

function broken(what: string, { file, result }: KeptProbe): RectuneError {
  return new RectuneError('data', what, `probe ${file}`, `ask it again: rectune probe ${result.runId} --again`);
}
