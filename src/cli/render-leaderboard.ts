import type { ReportOptions } from '../core/report.js';
import type { Leaderboard } from '../eval/contest/leaderboard.js';
import { counted, figure, levelTitle, withInterval } from '../eval/numbers.js';
import { renderTable } from './render-table.js';
import { undefinedNote } from './undefined-note.js';

const SHOWN = 3; // other metrics; --json has all

/** A table a task; "=" beside a place: cannot be told from the first line. */
export function renderLeaderboard(
  { version, hash, rows, tasks, notScored }: Leaderboard,
  { level }: Pick<ReportOptions, 'level'>,
): string {
  const tied = tasks.some(({ lines }) => lines.some((line) => line.tied));
  const runs = Math.max(0, ...tasks.map(({ lines }) => lines.filter(({ kind }) => kind === 'run').length));
  return [
    `${version} ${hash.slice(0, 12)}: ${counted(runs, 'run')} on ${counted(rows, 'test row')}, ${levelTitle(level)} intervals by resampled users`,
    ...tasks.flatMap((task) => ['', ...boardLines(task)]),
    '',
    'place: 1 and how many are shown to be better, by the interval of their paired difference; so it need not follow the order of the lines',
    ...(tied ? ['= cannot be told from the first line: the interval of their paired difference holds 0'] : []),
    ...(runs > 1
      ? ['The first of several runs on the same rows looks better than it is: it was chosen by them. Choose on valid.']
      : []),
    ...notScored.map(({ run, status }) => `not scored: ${run} (${status}); rectune predict ${run} --split test`),
  ].join('\n');
}

function boardLines({ task, rows, users, main, metrics, lines }: Leaderboard['tasks'][number]): string[] {
  const others = metrics.filter(({ id }) => id !== main.id).slice(0, SHOWN);
  return [
    `${task}: ${counted(rows, 'row')} of ${counted(users, 'user')}, by ${main.title} (${main.better} is better)`,
    renderTable(
      ['place', 'who', main.title, 'minus the first', ...others.map(({ title }) => title)],
      lines.map(({ place, tied, kind, name, figure: own, behind, others: values }) => [
        `${place}${tied ? ' =' : ''}`,
        kind === 'baseline' ? `(${name})` : name,
        withInterval(own),
        behind === null ? '' : withInterval(behind),
        ...others.map(({ id }) => (values[id] === null ? '-' : figure(values[id] ?? null))),
      ]),
    ),
    ...undefinedNote(
      others.filter(({ id }) => lines.some(({ kind, others }) => kind === 'run' && others[id] === null)),
    ),
  ];
}
