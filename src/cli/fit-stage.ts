import type { DatasetVersion } from '../core/dataset-version.js';
import { FIT_KINDS, type FitKind } from '../core/fit-result.js';
import { FIT_SEEDS, FIT_TRIALS, type FitModelName } from '../core/fit-search.js';
import type { Run } from '../core/run.js';
import { counted } from '../eval/numbers.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import { fitKind } from '../trainers/fit-data.js';
import { fitIdModels } from '../trainers/fit-id-models.js';

/** Which ID models stand beside a run, and where the stage is told of. */
export interface FitStage extends Execution {
  readonly models: readonly FitModelName[];
  readonly threads: number | undefined;
  readonly onStage: (line: string) => void;
}

/**
 * Fits what a report on a run shows beside it: each model on all of train, and where the run saw a few rows, on these. What was fitted before, for this run or
 * another on the version, is not fitted again. A model that the data or the memory does not allow is told of and left out: a run that was trained gets its report.
 *
 * throws RectuneError 'stopped', 'data' when another log stands in the place of the version's, and what runNative throws
 */
export async function fitBeside(store: Store, run: Run, version: DatasetVersion, stage: FitStage): Promise<void> {
  const { models, threads, onStage } = stage;
  const kinds = new Set(Array.from(store.versions.facts(version.hash, 'test'), fitKind));
  if (!FIT_KINDS.some((kind) => kinds.has(kind))) {
    onStage('fit: no test row asks for an item, so no model of users and items is fitted');
    return;
  }
  const { rows } = run.config;
  const shots = rows === null || rows.length === version.counts.train ? undefined : { runId: run.id, rows };
  for (const protocol of shots ? (['full', 'shots'] as const) : (['full'] as const)) {
    const from = protocol === 'full' || !shots ? 'all of train' : `the run's ${counted(shots.rows.length, 'row')}`;
    onStage(`fit: ${counted(models.length, 'model')} of users and items on ${from}, ${HOW}`);
    let [before, began] = [0, performance.now()];
    const learnFrom = protocol === 'shots' ? { shots } : {};
    await fitIdModels(
      store,
      {
        ...{ version, protocol, ...learnFrom, models, seeds: FIT_SEEDS, threads, again: false },
        onResult({ model, kind }, reused) {
          if (reused) before += 1;
          else onStage(`fit: ${model}, ${KIND_TITLES[kind]}, in ${((performance.now() - began) / 1000).toFixed(1)} s`);
          began = performance.now();
        },
        onLeftOut: (model, error) => onStage(`fit: ${model} is left out: ${error.message}`),
      },
      stage,
    );
    if (before > 0) onStage(`fit: ${counted(before, 'result')} as fitted before`);
  }
}

const HOW = `${FIT_TRIALS} settings each, ${FIT_SEEDS} seeds of those that learn`;
const KIND_TITLES: Readonly<Record<FitKind, string>> = { judgement: 'judgements', choice: 'lists' };
