import { MODEL_TITLES, type Report, type SplitResult } from '../core/report.js';
import { counted, figure, levelTitle, withInterval } from './numbers.js';

/** A report in a few lines for the terminal: what it is worth, the figures on test, what to be careful about. No final newline. */
export function summarizeReport(report: Report): string {
  const test = report.splits.find(({ split }) => split === 'test');
  return [
    `report of run ${report.run.id}`,
    '',
    ...report.verdicts.map(({ sentence }) => sentence),
    '',
    ...(test ? [...metricTable(test, levelTitle(report.options.level)), ''] : []),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ]
    .join('\n')
    .trimEnd();
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
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)));
  return [head, ...rows].map((cells) =>
    cells
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
