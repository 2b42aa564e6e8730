import { RectuneError } from '../../core/errors.js';
import type { Prediction } from '../../core/prediction.js';
import type { FactsJudge, JudgeMaker } from './judge.js';

/** A labelled row and what a model gives for liked. */
export interface Judged {
  readonly row: number;
  readonly label: boolean;
  readonly liked: number; // probability
}

/** One row by how much the model contradicts its label. */
export interface Suspect extends Judged {
  readonly margin: number; // probability of its label less the mean of that label's rows: the lowest are the most contradicted
  readonly contradicted: boolean; // counted off the diagonal of the confident joint
}

/**
 * Confident learning with two classes: t_j is the mean probability of class j among the rows labelled j; a row labelled i counts for
 * class j when its probability of j reaches t_j, for the more probable one when both do. Those that count for the other class are
 * contradicted. Ranked by p(label) - t_label, the most contradicted first, ties by row.
 *
 * returns  an empty list when a class has no rows: there is then no threshold
 * source   Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels", doi:10.1613/jair.1.12125
 */
export function rankSuspects(rows: readonly Judged[]): Suspect[] {
  const own = ({ liked }: Judged, label: boolean): number => (label ? liked : 1 - liked);
  const thresholdOf = (label: boolean): number => {
    const of = rows.filter((row) => row.label === label);
    return of.reduce((sum, row) => sum + own(row, label), 0) / of.length;
  };
  const thresholds = { true: thresholdOf(true), false: thresholdOf(false) };
  const bound = (label: boolean): number => thresholds[`${label}`];
  if (Number.isNaN(bound(true)) || Number.isNaN(bound(false))) return [];
  return rows
    .map((row) => {
      const [given, other] = [own(row, row.label), own(row, !row.label)];
      const contradicted = other >= bound(!row.label) && !(given >= bound(row.label) && given >= other);
      return { ...row, margin: given - bound(row.label), contradicted };
    })
    .sort((a, b) => a.margin - b.margin || a.row - b.row);
}

/** What a model gives for liked; undefined where the row has no two labels. Labels stand as liked, not liked. */
export function likedProbability({ logOdds, choices, label }: Prediction): number | undefined {
  const [liked, disliked] = label !== null && choices?.length === 2 ? choices : [];
  const odds = logOdds ?? (liked && disliked && liked.first - disliked.first);
  return odds === undefined ? undefined : 1 / (1 + Math.exp(-odds));
}

export const labelNoise: JudgeMaker<'label-noise', FactsJudge> = ({ share, predictions: id }, scene, split) => {
  const said = new Map(
    scene.predictions(split, id).map((prediction) => [prediction.row, likedProbability(prediction)]),
  );
  const judged: Judged[] = [];
  for (const { row, label } of scene.facts(split)) {
    const liked = said.get(row);
    if (liked !== undefined && label !== null) judged.push({ row, label, liked });
  }
  const ranked = rankSuspects(judged);
  if (ranked.length === 0) {
    const what = `the predictions on ${split} are not about both labels`;
    throw new RectuneError(
      'data',
      what,
      `version ${scene.version.name}`,
      'leave label-noise out, or predict more rows',
    );
  }
  const worst =
    share === undefined
      ? ranked.filter(({ contradicted }) => contradicted)
      : ranked.slice(0, Math.floor(share * ranked.length));
  const dropped = new Map(worst.map((suspect) => [suspect.row, suspect]));
  return ({ row, label }) => {
    const suspect = dropped.get(row);
    return (
      suspect &&
      `it is labelled ${label ? 'liked' : 'not liked'}, and the model gives ${suspect.liked.toFixed(3)} for liked`
    );
  };
};
