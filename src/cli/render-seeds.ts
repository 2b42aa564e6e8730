import type { Report } from '../core/report.js';
import { levelTitle, withInterval } from '../eval/numbers.js';
import type { PipelineResult } from './pipeline.js';
import { renderTable } from './render-table.js';
import { spread } from './spread.js';

/** The reports of one recipe under several seeds: AUC on test of each, and mean and standard deviation over the seeds. */
export function renderSeeds(results: readonly PipelineResult[]): string {
  const [first] = results;
  if (!first) throw new Error('a series of seeds has at least one run');
  const rows = results.map(({ run, report, directory }) => [
    run.id,
    String(run.config.seed),
    withInterval(aucOf(report, 'adapter')),
    directory,
  ]);
  const head = ['run', 'seed', `AUC on test, ${levelTitle(first.report.options.level)} interval`, 'report'];
  const over = spread(
    'adapter: AUC on test',
    results.map(({ report }) => aucOf(report, 'adapter').value),
  );
  return [
    renderTable(head, rows),
    `base model without adapter: ${withInterval(aucOf(first.report, 'base'))}`,
    ...over.map(
      (line) => `${line} over ${results.length} seeds (the intervals are about other users, this is about other seeds)`,
    ),
  ].join('\n');
}

function aucOf({ splits }: Report, model: 'adapter' | 'base') {
  const test = splits.find(({ split }) => split === 'test');
  const found = test?.models.find((one) => one.model === model)?.metrics.auc;
  if (!found) throw new Error(`the report has no AUC of ${model} on test`);
  return found;
}
