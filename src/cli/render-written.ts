import { OVERLAP_METRICS, type WrittenReport } from '../core/written-texts.js';
import { counted, percent, withInterval } from '../eval/numbers.js';
import { OVERLAP_TITLES, WRITER_TITLES } from '../eval/report/sections/written-texts.js';
import type { Answer } from './command.js';
import type { AnswerPlace } from './render-ranking.js';
import { renderTable } from './render-table.js';

export function writtenAnswer(report: WrittenReport, run: string, { path, reused }: AnswerPlace): Answer {
  const { rows, eligible, tasks } = report;
  const tables = tasks.map(({ task, entries, users, ...own }) => {
    const head = [`${task}: ${counted(own.rows, 'row')}, ${counted(users, 'user')}`];
    return renderTable(
      [...head, ...OVERLAP_METRICS.map((metric) => OVERLAP_TITLES[metric]), 'ended by itself'],
      entries.map(({ writer, metrics, ended }) => [
        WRITER_TITLES[writer],
        ...OVERLAP_METRICS.map((metric) => withInterval(metrics[metric])),
        ended === null ? '-' : percent(ended),
      ]),
    );
  });
  const lines = [
    `run ${run}: texts behind ${counted(rows, 'row')} of ${eligible} that are answered by free text${reused ? ', from the studio' : ''}`,
    ...tables,
    `texts: ${path}`,
    `next: rectune report ${run}`,
  ];
  return { value: { run, path, reused, ...report }, text: lines.join('\n') };
}
