import { MODEL_TITLES, type Report, type SplitResult } from '../core/report.js';
import { TASK_MODEL_TITLES, type TaskReport } from '../core/task-report.js';
import { counted, figure, levelTitle, withInterval } from './numbers.js';
import { taskHeading } from './report/task-texts.js';
import { metricTitle } from './tasks/task-metric.js';

/** A report in a few lines for the terminal: what it is worth, the figures on test, what to be careful about. No final newline. */
export function summarizeReport(report: Report): string {
  const test = report.splits.find(({ split }) => split === 'test');
  return [
    `report of run ${report.run.id}`,
    '',
    ...(report.overview === null ? [] : [report.overview, '']),
    ...report.trust.doubts.map(({ sentence }) => sentence),
    ...report.verdicts.map(({ sentence }) => sentence),
    ...(test ? ['', ...metricTable(test, levelTitle(report.options.level))] : []),
    '',
    ...report.tasks.flatMap((task) => [...taskLines(task), '']),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ]
    .join('\n')
    .trimEnd();
}

function taskLines(task: TaskReport): string[] {
  const sentences = task.verdicts.map(({ sentence }) => sentence);
  return [taskHeading(task), ...sentences, ...taskTable(task)];
}

/** A task's figures on test: no intervals but of the main metric. */
function taskTable({ splits, metrics, main, list }: TaskReport): string[] {
  const test = splits.find(({ split }) => split === 'test');
  if (!test) return [];
  const head = [
    `${test.split}: ${counted(test.rows, 'row')}, ${counted(test.users, 'user')}`,
    ...metrics.map((metric) => metricTitle(metric, list)),
  ];
  const rows = test.models.map(({ model, metrics: own }) => [
    TASK_MODEL_TITLES[model],
    ...metrics.map((metric) => {
      const found = own[metric];
      if (!found) return '';
      return metric === main ? withInterval(found) : figure(found.value);
    }),
  ]);
  return inColumns([head, ...rows]);
}

function metricTable(result: SplitResult, level: string): string[] {
  const head = [
    `${result.split}: ${counted(result.rows, 'row')}, ${counted(result.users, 'user')}`,
    `AUC, ${level} interval`,
    'UAUC',
    'log loss',
    'accuracy',
  ];
  const rows = result.models.map(({ model, metrics: { auc, uauc, logLoss, accuracy } }) => [
    MODEL_TITLES[model],
    withInterval(auc),
    figure(uauc.value),
    figure(logLoss.value),
    figure(accuracy.value),
  ]);
  return inColumns([head, ...rows]);
}

function inColumns(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines.map((cells) =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
