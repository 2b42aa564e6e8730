import { type Finding, MODEL_TITLES, type ModelId, type PairedDifference, type SplitResult } from '../core/report.js';
import { comparisonSentence } from './comparison.js';
import { interval } from './numbers.js';

/** One plain sentence on the adapter against another model, by AUC on test. */
export function verdict(
  test: SplitResult,
  paired: PairedDifference,
): { against: ModelId; finding: Finding; sentence: string } {
  const { first, second: against, finding, difference } = paired;
  const told = (model: ModelId) => {
    const value = test.models.find((row) => row.model === model)?.metrics.auc;
    if (!value) throw new Error(`no AUC of ${model} on ${test.split}`);
    return { title: model === 'adapter' ? 'the adapter' : `"${MODEL_TITLES[model]}"`, value };
  };
  const { rows, users, split } = test;
  const lacking = whyNoInterval(test, difference);
  const models = { first: told(first), second: told(against) };
  return {
    against,
    finding,
    sentence: comparisonSentence({ rows, users, split, metric: 'AUC', ...models, difference, finding, lacking }),
  };
}

function whyNoInterval({ users, liked, rows }: SplitResult, difference: PairedDifference['difference']): string {
  if (liked === 0 || liked === rows) return 'all rows have the same label';
  if (users < 2) return 'an interval needs at least two users';
  return `${interval(difference)} can be given`;
}
