import type { RankingReport } from '../core/report-rankings.js';
import { TASK_MODEL_TITLES } from '../core/task-report.js';
import { counted, percent, withInterval } from '../eval/numbers.js';
import { metricTitle } from '../eval/tasks/task-metric.js';
import type { KeptAnswer } from '../trainers/asked-run.js';
import type { Answer } from './command.js';
import { renderTable } from './render-table.js';

/** Where the answers are. */
export type AnswerPlace = Pick<KeptAnswer<unknown>, 'path' | 'reused'>;

export function rankingAnswer(report: RankingReport, run: string, { path, reused }: AnswerPlace): Answer {
  const { list, metrics, entries, rows, eligible, users, written, unmet } = report;
  const searched = written === null ? [] : ['surely the best', 'seconds a row'];
  const told = (figures: RankingReport['entries'][number]['metrics']) =>
    metrics.map((metric) => withInterval(figures[metric] ?? NONE));
  const table = entries.map(({ model, metrics: figures }) => {
    const own = written?.search.find((one) => one.model === model);
    return [
      TASK_MODEL_TITLES[model],
      ...told(figures),
      ...(written === null ? [] : own ? [percent(own.certain), own.seconds.median.toFixed(2)] : ['-', '-']),
    ];
  });
  const lines = [
    `run ${run}: ${counted(rows, 'row')} of ${counted(users, 'user')}, drawn from ${eligible} that can be asked${reused ? ', from the studio' : ''}`,
    renderTable(['model', ...metrics.map((metric) => metricTitle(metric, list)), ...searched], table),
    ...(unmet === null
      ? []
      : [
          'without what the user met before the target:',
          renderTable(
            ['model', ...metrics.map((metric) => metricTitle(metric, unmet.list))],
            unmet.entries.map(({ model, metrics: figures }) => [TASK_MODEL_TITLES[model], ...told(figures)]),
          ),
        ]),
    ...(written === null ? judgedNotes(report) : writtenNotes(written)),
    `answers: ${path}`,
    `next: rectune report ${run}`,
  ];
  return { value: { run, path, reused, ...report }, text: lines.join('\n') };
}

const NONE = { value: null, low: null, high: null, leftOut: 0 };

function writtenNotes({ beams, top, sharedItems }: NonNullable<RankingReport['written']>): string[] {
  const notes = [
    `Titles as stock llama.cpp writes them with ${counted(beams, 'beam')}, ${counted(top, 'title')} a row; "surely the best": rows whose titles no other of the set can pass.`,
  ];
  if (sharedItems === 0) return notes;
  const shared = `${sharedItems} items have a title that another item has, too; they share a place, and a tie counts as chance.`;
  return [...notes, shared];
}

function judgedNotes({ judged }: RankingReport): string[] {
  if (judged === null) return [];
  const { template, labels, drawn } = judged;
  const lists =
    drawn === null
      ? 'the lists of the version'
      : `beside a liked target ${drawn.negatives} items that its user never met (${drawn.sampler}, seed ${drawn.seed})`;
  return [
    `Each candidate judged alone by ${template}, ordered by the log-odds of "${labels[0].trim()}" against "${labels[1].trim()}"; ${lists}.`,
  ];
}
