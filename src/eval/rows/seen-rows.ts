import type { DatasetVersion } from '../../core/dataset-version.js';
import type { Split } from '../../core/instruction.js';
import type { SeenRow } from '../../core/report-rows.js';
import { type AnsweredRow, modelsOf, type SplitScores, scoresOf } from '../split-scores.js';
import type { TaskScores } from '../tasks/score-task.js';
import { partsOfRow } from '../tasks/slices.js';
import type { TaskRow } from '../tasks/task-rows.js';
import type { ProbedSayings } from '../trust/trust.js';
import { offBy } from './off-by.js';
import { rowName } from './row-name.js';

/** The rows with what models said of those of test in other forms. */
export function withProbes(probed: ProbedSayings, rows: readonly SeenRow[]): SeenRow[] {
  return rows.map((row) => {
    const said = row.split === 'test' ? probed.get(Number(row.row.split('/').at(-1))) : undefined;
    return said ? { ...row, probed: said } : row;
  });
}

/**
 * The judgements of a split, by row.
 *
 * answered  the rows of the split; those without a label are passed over
 * mixed     the same rows with what is known of their templates; undefined: the version has one task
 */
export function seenJudgements(
  version: DatasetVersion,
  scores: SplitScores,
  answered: readonly AnsweredRow[],
  mixed: readonly TaskRow[] | undefined,
): SeenRow[] {
  const { split, labels, logOdds } = scores;
  const said = modelsOf(scores).map((model) => ({ model, of: scoresOf(scores, model) }));
  const fitted = split === 'test' ? [...scores.fitted].filter(([, seeds]) => seeds.length > 1) : [];
  const known = new Map((mixed ?? []).map((row) => [row.instruction.row, row]));
  return answered
    .filter(({ instruction }) => instruction.label !== null)
    .map(({ instruction: { row, userId, itemId } }, place) => {
      const template = known.get(row);
      const liked = labels[place] as boolean;
      return {
        row: rowName(version, split, row),
        task: 'judgement',
        kind: 'judgement',
        split,
        user: userId,
        item: itemId,
        came: liked,
        parts: template ? partsOfRow(template, { repeats: false }) : {},
        said: Object.fromEntries(said.map(({ model, of }) => [model, of[place] as number])),
        ...seedsOf(fitted.map(([model, seeds]) => [model, seeds.map((of) => of[place] as number)])),
        loss: offBy({ came: liked }, logOdds.adapter[place] as number),
      };
    });
}

/** The rows of another task, by row. */
export function seenTaskRows(version: DatasetVersion, split: Split, scores: TaskScores): SeenRow[] {
  const { task, kind, rows, models } = scores;
  const said = models.map((model) => ({ model, of: scores.said(model) }));
  const own = scores.said('adapter');
  const fitted = models
    .filter((model) => split === 'test' && scores.seedsOf(model) > 1)
    .map((model) => ({ model, seeds: range(scores.seedsOf(model)).map((seed) => scores.said(model, seed)) }));
  const given = scores.given();
  return rows.map((row, place) => {
    const { row: number, userId, itemId } = row.instruction;
    const adapter = own[place] as number;
    const came = given[place] ?? null;
    return {
      row: rowName(version, split, number),
      task,
      kind,
      split,
      user: userId,
      item: itemId,
      came,
      parts: partsOfRow(row, { repeats: kind === 'choice' }),
      said: Object.fromEntries(said.map(({ model, of }) => [model, of[place] as number])),
      ...seedsOf(fitted.map(({ model, seeds }) => [model, seeds.map((of) => of[place] as number)])),
      loss: offBy({ came }, adapter),
    };
  });
}

function seedsOf(seeds: readonly [model: string, said: number[]][]): Pick<SeenRow, 'seeds'> {
  return seeds.length === 0 ? {} : { seeds: Object.fromEntries(seeds) };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, place) => place);
}
