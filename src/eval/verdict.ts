import { isIdModel } from '../core/id-models.js';
import type { Titles } from '../core/model-titles.js';
import type { Finding, ModelId, PairedDifference, Report, SplitResult } from '../core/report.js';
import { comparisonSentence } from './comparison.js';
import { besideBaseline } from './id-standing.js';
import { interval } from './numbers.js';

/**
 * Plain sentences on the adapter against other models, by AUC on test.
 *
 * rivals    the trivial baseline first
 * titles    names of models
 */
export function verdicts(
  test: SplitResult,
  differences: readonly PairedDifference[],
  rivals: readonly ModelId[],
  titles: Titles,
): Report['verdicts'] {
  const told = rivals.flatMap((rival) => {
    const paired = differences.find(
      ({ split, metric, second }) => split === 'test' && metric === 'auc' && second === rival,
    );
    return paired ? [verdict(test, paired, titles)] : [];
  });
  const [baseline] = told;
  return told.map((one) => {
    if (!isIdModel(one.against)) return one;
    return { ...one, sentence: `${one.sentence}${besideBaseline(baseline?.finding, one.finding)}` };
  });
}

/** One plain sentence on the adapter against another model, by AUC on test. */
export function verdict(
  test: SplitResult,
  paired: PairedDifference,
  titles: Titles,
): { against: ModelId; finding: Finding; sentence: string } {
  const { first, second: against, finding, difference } = paired;
  const told = (model: ModelId) => {
    const value = test.models.find((row) => row.model === model)?.metrics.auc;
    if (!value) throw new Error(`no AUC of ${model} on ${test.split}`);
    return { title: toldName(model, titles), value };
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

/** A model's name in a sentence. */
export function toldName(model: Parameters<Titles>[0], titles: Titles): string {
  if (model === 'adapter') return 'the adapter';
  return isIdModel(model) ? `the best ID model, "${titles(model)}"` : `"${titles(model)}"`;
}

function whyNoInterval({ users, liked, rows }: SplitResult, difference: PairedDifference['difference']): string {
  if (liked === 0 || liked === rows) return 'all rows have the same label';
  if (users < 2) return 'an interval needs at least two users';
  return `${interval(difference)} can be given`;
}
