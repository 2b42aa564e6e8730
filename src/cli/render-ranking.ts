import type { RankingReport } from '../core/report-rankings.js';
import { TASK_MODEL_TITLES } from '../core/task-report.js';
import { counted, percent, withInterval } from '../eval/numbers.js';
import { metricTitle } from '../eval/tasks/task-metric.js';
import type { Answer } from './command.js';
import { renderTable } from './render-table.js';

/** What was asked, and where the answers are. */
export interface RankingPlace {
  readonly run: string;
  readonly path: string;
  readonly reused: boolean;
}

export function rankingAnswer(report: RankingReport, { run, path, reused }: RankingPlace): Answer {
  const { list, metrics, entries, search, rows, eligible, users, beams, top, sharedItems } = report;
  const head = ['model', ...metrics.map((metric) => metricTitle(metric, list)), 'surely the best', 'seconds a row'];
  const table = entries.map(({ model, metrics: figures }) => {
    const own = search.find((one) => one.model === model);
    return [
      TASK_MODEL_TITLES[model],
      ...metrics.map((metric) => withInterval(figures[metric] ?? { value: null, low: null, high: null, leftOut: 0 })),
      own ? percent(own.certain) : '-',
      own ? own.seconds.median.toFixed(2) : '-',
    ];
  });
  const lines = [
    `run ${run}: ${counted(rows, 'row')} of ${counted(users, 'user')}, drawn from ${eligible} that can be asked${reused ? ', from the studio' : ''}`,
    renderTable(head, table),
    `Titles as stock llama.cpp writes them with ${counted(beams, 'beam')}, ${counted(top, 'title')} a row; "surely the best": rows whose titles no other of the set can pass.`,
    ...(sharedItems === 0
      ? []
      : [
          `${sharedItems} items have a title that another item has, too; they share a place, and a tie counts as chance.`,
        ]),
    `answers: ${path}`,
    `next: rectune report ${run}`,
  ];
  return { value: { run, path, reused, ...report }, text: lines.join('\n') };
}
