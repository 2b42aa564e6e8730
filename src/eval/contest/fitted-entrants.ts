import { ID_MODELS, type IdModelId, idModel, idModelTitle } from '../../core/id-models.js';
import { type FittedSplit, fittedSplit, type KeptFit } from '../fitted-scores.js';
import { rowsKey } from '../kept-fits.js';

/** An ID model that stands beside runs. */
export interface FittedEntrant {
  readonly id: string; // of this contest
  readonly title: string; // "SASRec (all of train)", "SASRec (the 64 rows of RUN)"
  readonly model: IdModelId;
  readonly fitted: FittedSplit; // of test
}

/** One a model and set of rows that it learned from: all of train first. */
export function fittedEntrants(fits: readonly KeptFit[]): FittedEntrant[] {
  const groups = new Map<string, KeptFit[]>();
  for (const fit of fits) {
    const key = rowsKey(fit.result.rows);
    groups.set(key, [...(groups.get(key) ?? []), fit]);
  }
  const fewestLast = [...groups].sort(([, a], [, b]) => rowsOf(b) - rowsOf(a));
  return fewestLast.flatMap(([key, group]) => {
    const fitted = fittedSplit(group, 'test');
    const there = new Set(group.map(({ result }) => idModel(result.model, result.protocol)));
    const { rows, runId } = (group[0] as KeptFit).result;
    const title = (model: IdModelId) => idModelTitle(model, rows?.length ?? 0, runId ?? undefined);
    return ID_MODELS.filter((model) => there.has(model)).map((model) => {
      return { id: `${model} ${key}`, title: title(model), model, fitted };
    });
  });
}

function rowsOf(group: readonly KeptFit[]): number {
  return group[0]?.result.rows?.length ?? Number.POSITIVE_INFINITY;
}
