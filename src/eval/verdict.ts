import { type Finding, MODEL_TITLES, type ModelId, type PairedDifference, type SplitResult } from '../core/report.js';
import { counted, interval, withInterval } from './numbers.js';

/**
 * One plain sentence on the adapter against another model, by AUC on test.
 * It says "beats" or "is worse than" only where the paired interval excludes 0.
 */
export function verdict(
  test: SplitResult,
  paired: PairedDifference,
): { against: ModelId; finding: Finding; sentence: string } {
  const { first, second: against, finding, difference } = paired;
  const title = (model: ModelId) => (model === 'adapter' ? 'the adapter' : `"${MODEL_TITLES[model]}"`);
  const auc = (model: ModelId) => {
    const found = test.models.find((row) => row.model === model)?.metrics.auc;
    if (!found) throw new Error(`no AUC of ${model} on ${test.split}`);
    return found;
  };
  const rows = `On ${counted(test.rows, `${test.split} row`)} of ${counted(test.users, 'user')}`;
  const left = `${title(first)} (AUC ${withInterval(auc(first))})`;
  const right = `${title(against)} (${withInterval(auc(against))})`;
  const gap = `difference ${withInterval(difference)}`;
  const sentence = {
    beats: `${rows}, ${left} beats ${right}: ${gap}.`,
    worse: `${rows}, ${left} is worse than ${right}: ${gap}.`,
    undecided: `${rows}, ${left} does not beat ${right}: the two cannot be told apart, ${gap}.`,
    'not-defined': `${rows}, ${left} cannot be compared with ${right}: ${whyNoInterval(test, difference)}.`,
  }[finding];
  return { against, finding, sentence };
}

function whyNoInterval({ users, liked, rows }: SplitResult, difference: PairedDifference['difference']): string {
  if (liked === 0 || liked === rows) return 'all rows have the same label';
  if (users < 2) return 'an interval needs at least two users';
  return `${interval(difference)} can be given`;
}
