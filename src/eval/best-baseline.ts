import { BASELINES, type BaselineId, MODEL_TITLES } from '../core/report.js';
import { auc } from './metrics/auc.js';
import { figure } from './numbers.js';
import type { SplitScores } from './split-scores.js';

/**
 * The trivial baseline that the adapter has to beat: the one with the highest AUC on valid, so that the choice never looks at test.
 * Of equal ones the first in the order of BASELINES. Without a valid AUC it is the liked share, known before any number.
 */
export function bestBaseline(valid: SplitScores | undefined): { model: BaselineId; chosenBy: string } {
  let best: { model: BaselineId; value: number } | undefined;
  for (const model of BASELINES) {
    const value = valid && auc(valid.logOdds[model], valid.labels);
    if (value !== undefined && (!best || value > best.value)) best = { model, value };
  }
  if (!best) {
    return {
      model: 'liked-share',
      chosenBy: `No AUC can be given on valid, so the baseline is "${MODEL_TITLES['liked-share']}" by rule.`,
    };
  }
  return {
    model: best.model,
    chosenBy: `Chosen as the trivial baseline with the highest AUC on valid (${figure(best.value)}), without looking at test.`,
  };
}
