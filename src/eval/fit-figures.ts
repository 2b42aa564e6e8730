import type { FitResult, FittedRow } from '../core/fit-result.js';
import { auc } from './metrics/auc.js';
import { targetRank } from './metrics/ranked-list.js';
import { ndcg } from './metrics/ranking.js';

/** What a fitted model comes to on test, one value a seed: AUC of judgements, NDCG@10 of lists; undefined where it is not defined. */
export function fitFigures({ kind, seeds }: Pick<FitResult, 'kind' | 'seeds'>): (number | undefined)[] {
  return seeds.map(({ test }) => (kind === 'judgement' ? judged(test) : listed(test)));
}

function judged(rows: readonly FittedRow[]): number | undefined {
  return auc(
    rows.map(({ scores }) => scores[0] as number),
    rows.map(({ relevant }) => relevant.length > 0),
  );
}

function listed(rows: readonly FittedRow[]): number | undefined {
  const values = rows.map(({ scores, relevant }) => ndcg(targetRank(scores, relevant[0] as number), 10) as number);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
