import type { FitResult } from '../core/fit-result.js';
import { fitFigures } from '../eval/fit-figures.js';
import { figure } from '../eval/numbers.js';
import type { Answer } from './command.js';
import { renderTable } from './render-table.js';

const METRIC_TITLES = { auc: 'AUC', 'ndcg@10': 'NDCG@10', 'mrr@10': 'MRR@10', 'hit@10': 'HR@10' } as const;
const LEARNED_FROM = {
  full: 'Learned from all of train; a row is scored with what train holds of the user from before it, and with the history it shows.',
  shots: 'Learned from the rows of train that the run saw; a row is scored with the history it shows.',
} as const;

/** A table of the models: settings that were best on valid, and what they come to on test. */
export function fitAnswer(results: readonly FitResult[]): Answer {
  const value = results.map((result) => ({
    ...withoutRows(result),
    test: fitFigures(result).map((one) => one ?? null),
  }));
  const rows = results.map((result) => {
    const { model, kind, metric, trials, chosen, seeds } = result;
    const trial = trials[chosen];
    return [
      model,
      kind === 'judgement' ? 'judgements' : 'lists',
      METRIC_TITLES[metric],
      trial?.value === null || trial === undefined ? '-' : figure(trial.value),
      range(fitFigures(result)),
      `${seeds.length}`,
      `${trials.length}`,
      settingsText(trial?.settings ?? {}),
    ];
  });
  const head = ['model', 'rows', 'metric', 'valid', 'test', 'seeds', 'trials', 'settings'];
  const protocol = results[0]?.protocol;
  return { value, text: [renderTable(head, rows), ...(protocol ? [LEARNED_FROM[protocol]] : [])].join('\n') };
}

function withoutRows({ seeds, ...rest }: FitResult) {
  return { ...rest, seeds: seeds.map(({ seed, epochs, value }) => ({ seed, epochs, value })) };
}

/** "0.7100", or the least and the most of several seeds. */
function range(values: readonly (number | undefined)[]): string {
  const defined = values.filter((value) => value !== undefined);
  if (defined.length < values.length) return 'not defined';
  const [least, most] = [figure(Math.min(...defined)), figure(Math.max(...defined))];
  return least === most ? least : `${least} to ${most}`;
}

function settingsText(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join('-') : value}`)
    .join(', ');
}
