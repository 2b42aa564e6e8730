import { type IdModelStanding, isIdModel } from '../core/id-models.js';
import { labelOfVersion } from '../core/label-rule.js';
import { type Titles, titlesOf } from '../core/model-titles.js';
import { givesProbabilities, type Report, type SplitResult } from '../core/report.js';
import type { TaskReport } from '../core/task-report.js';
import { METRIC } from './metrics/metric.js';
import { counted, figure, levelTitle, withInterval } from './numbers.js';
import { taskHeading } from './report/task-texts.js';
import { metricTitle } from './tasks/task-metric.js';
import { toldDoubts } from './trust/doubts.js';

/** A report in a few lines for the terminal: what it is worth, the figures on test, what to be careful about. No final newline. */
export function summarizeReport(report: Report): string {
  const test = report.splits.find(({ split }) => split === 'test');
  const titles = titlesOf(report);
  return [
    `report of run ${report.run.id}`,
    '',
    ...(report.overview === null ? [] : [report.overview, '']),
    ...toldDoubts(report.trust.doubts).map(({ sentence }) => sentence),
    ...report.verdicts.map(({ sentence }) => sentence),
    ...report.seeds.flatMap(({ task, sentence }) =>
      sentence === null ? [] : [report.seeds.length > 1 ? `${task}: ${sentence}` : sentence],
    ),
    ...(test ? ['', ...metricTable(test, report, titles)] : []),
    '',
    ...report.tasks.flatMap((task) => [...taskLines(task, titles), '']),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ]
    .filter((line, i, all) => line !== '' || all[i - 1] !== '') // a part without a sentence leaves no gap
    .join('\n')
    .trimEnd();
}

function taskLines(task: TaskReport, titles: Titles): string[] {
  const sentences = task.verdicts.map(({ sentence }) => sentence);
  return [taskHeading(task), ...sentences, ...taskTable(task, titles)];
}

/** A task's figures on test: no intervals but of the main metric. */
function taskTable({ splits, metrics, main, list, idModels }: TaskReport, titles: Titles): string[] {
  const test = splits.find(({ split }) => split === 'test');
  if (!test) return [];
  const head = [
    `${test.split}: ${counted(test.rows, 'row')}, ${counted(test.users, 'user')}`,
    ...metrics.map((metric) => metricTitle(metric, list)),
  ];
  const rows = shown(test.models, idModels).map(({ model, metrics: own }) => [
    titles(model),
    ...metrics.map((metric) => {
      const found = own[metric];
      if (!found) return '';
      return metric === main ? withInterval(found) : figure(found.value);
    }),
  ]);
  return inColumns([head, ...rows]);
}

/** Of the ID models those of the verdicts: the page has them all. */
function shown<One extends { model: string }>(models: readonly One[], { best }: Pick<IdModelStanding, 'best'>): One[] {
  return models.filter(({ model }) => !isIdModel(model) || best.some((one) => one.model === model));
}

function metricTable(result: SplitResult, { idModels, options, version }: Report, titles: Titles): string[] {
  const head = [
    `${result.split}: ${counted(result.rows, 'row')}, ${counted(result.users, 'user')}`,
    `AUC, ${levelTitle(options.level)} interval`,
    'UAUC',
    'log loss',
    'accuracy',
  ];
  const rows = shown(result.models, idModels).map(({ model, metrics: { auc, uauc, logLoss, accuracy } }) => [
    titles(model),
    withInterval(auc),
    figure(uauc.value),
    givesProbabilities(model) ? figure(logLoss.value) : '-',
    givesProbabilities(model) ? figure(accuracy.value) : '-',
  ]);
  const rule = labelOfVersion(version);
  return [
    ...inColumns([head, ...rows]),
    ...result.notDefined.map(({ metric, reason }) => `${METRIC[metric].title} is not defined: ${reason}`),
    ...(rule === undefined ? [] : [rule]),
  ];
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
