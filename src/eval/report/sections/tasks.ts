import type { Split } from '../../../core/instruction.js';
import { titlesOf } from '../../../core/model-titles.js';
import type { Estimate, Report } from '../../../core/report.js';
import type { Scoring, TaskMetricId, TaskModelId, TaskReport } from '../../../core/task-report.js';
import { counted, levelTitle, percent } from '../../numbers.js';
import { metricTitle } from '../../tasks/task-metric.js';
import { type Block, type Drawing, estimateCell, type Figure, type Part, type Table, type TableRow } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';
import { modelColor } from '../plots/model-colors.js';
import { gainsPlot, ranksPlot, ratingsPlot } from '../plots/task-curves.js';
import { rowsAnchor } from '../row-anchor.js';
import { taskHeading, taskNotes, taskTerms } from '../task-texts.js';
import { OTHER_TESTS_NOTE, otherTests, TEST_NOTE, testAside } from '../test-texts.js';
import { beyondAccuracy } from './beyond-accuracy.js';

/** The tasks that are no judgements, a part each: sentences, what the figures mean, the figures. */
export function tasks(report: Report): Part[] {
  return report.tasks.map((task) => ({
    title: taskHeading(task),
    id: `task-${task.task}-${task.kind}`,
    blocks: [
      ...task.verdicts.map(({ finding, sentence }): Block => ({ kind: 'verdict', finding, sentence })),
      ...taskNotes(task, report.version).map((text): Block => ({ kind: 'paragraph', quiet: true, text })),
      { kind: 'paragraph', quiet: true, text: TEST_NOTE },
      ...taskTables(task, report).map((table): Block => ({ kind: 'table', table })),
      { kind: 'paragraph', quiet: true, text: OTHER_TESTS_NOTE },
      { kind: 'table', table: otherTestsTable(task, report) },
      { kind: 'plots', plots: taskPlots(task, report) },
      { kind: 'definitions', terms: taskTerms(task) },
      ...beyondAccuracy(task, report),
    ],
  }));
}

/** All of them are of the task's rows of test. */
function taskPlots(task: TaskReport, report: Report): Drawing[] {
  const rows = rowsAnchor(report, { task: task.task, kind: task.kind, split: 'test' });
  return [curvePlot(task, report), ...mainPlots(task, report)].map((plot) => ({ ...plot, rows }));
}

const SCORING_TITLES: Readonly<Record<Scoring, string>> = {
  sum: 'sum (the main one)',
  mean: 'mean a token',
  first: 'first token that differs',
};

function taskTables(task: TaskReport, report: Report): Table[] {
  const { level } = report.options;
  const nameOf = titlesOf(report);
  const behind = (split: Split) => rowsAnchor(report, { task: task.task, kind: task.kind, split });
  const { list, metrics, splits, differences, scorings } = task;
  const titles = metrics.map((metric) => metricTitle(metric, list));
  const name = task.task;
  const row = (
    split: Split,
    model: TaskModelId,
    title: string,
    figures: Partial<Record<TaskMetricId, Estimate>>,
  ): TableRow => ({
    name: title,
    color: modelColor(model),
    own: model === 'adapter',
    cells: metrics.map((metric) => estimateCell(figures[metric], behind(split))),
  });
  return [
    ...splits.map(({ split, rows, users, models }) => ({
      caption: `${name}, ${split}: ${counted(rows, 'row')} of ${counted(users, 'user')}, ${levelTitle(level)} intervals`,
      head: ['model', ...titles],
      rows: models.map((one) => row(split, one.model, nameOf(one.model), one.metrics)),
    })),
    ...splits.map(({ split, models }) => ({
      caption: `${name}, ${split}: adapter minus the other model, on the same rows and resampled users`,
      head: ['adapter against', ...titles],
      rows: models.flatMap(({ model }): TableRow[] => {
        const against = differences.filter((one) => one.split === split && one.second === model);
        if (against.length === 0) return [];
        const cells = against.map((one) => ({
          ...(estimateCell(one.difference, behind(split)) as Figure),
          ...testAside(one.tests),
          finding: one.finding,
        }));
        return [{ name: nameOf(model), color: modelColor(model), cells }];
      }),
    })),
    ...(scorings.length === 0
      ? []
      : [
          {
            caption: `${name}, test: the same lists by other numbers of a title (${counted(task.byLikelihood, 'row')} told apart by likelihood; the others have letters)`,
            head: ['model and score', ...titles],
            rows: scorings.flatMap(({ scoring, models }) =>
              models.map((one) =>
                row('test', one.model, `${nameOf(one.model)}, ${SCORING_TITLES[scoring]}`, one.metrics),
              ),
            ),
          },
        ]),
  ];
}

/** On test, which the verdicts are of. */
function otherTestsTable({ task, list, metrics, differences }: TaskReport, report: Report): Table {
  const nameOf = titlesOf(report);
  const here = differences.filter(({ split }) => split === 'test');
  return {
    caption: `${task}, test: adapter minus the other model by other tests`,
    head: ['adapter against', ...metrics.map((metric) => metricTitle(metric, list))],
    rows: [...new Set(here.map(({ second }) => second))].map((second) => ({
      name: nameOf(second),
      color: modelColor(second),
      cells: here.filter((one) => one.second === second).map(({ tests }) => otherTests(tests)),
    })),
    notForPapers: true,
  };
}

/** The task's own plot. */
function curvePlot({ task, list, curve }: TaskReport, report: Report): Drawing {
  const nameOf = titlesOf(report);
  const legend = (models: readonly { model: TaskModelId }[]) =>
    models.map(({ model }) => ({ title: nameOf(model), color: modelColor(model) }));
  switch (curve.of) {
    case 'ranks':
      return {
        draw: () => ranksPlot(`Share of the rows of ${task} whose target is among the k best`, curve.models),
        legend: legend(curve.models),
        caption: `How many targets are among the k best of their list (${list}). The dashed line is chance on the longest list.`,
      };
    case 'ratings':
      return {
        draw: () => ratingsPlot(`Predicted rating by the given one in ${task}`, curve.models),
        legend: legend(curve.models),
        caption:
          'Mean of the predicted rating by the one that was given, and its middle half. On the dashed line it is right; a flat line tells ratings not apart.',
      };
    case 'gains': {
      const worse = curve.quantiles.filter((gain) => gain < 0).length / curve.quantiles.length;
      return {
        draw: () =>
          gainsPlot(`What the adapter gains over its base model in ${task}, by share of the rows`, curve.quantiles),
        legend: [],
        caption: `Nats a token that the adapter gains over its base model, rows from the least to the most. Below the dashed line the answer became less likely: ${percent(worse)} of the rows.`,
      };
    }
  }
}

/** The metric of the verdict: every model, and the adapter minus each other. */
function mainPlots({ task, main, list, splits, differences }: TaskReport, report: Report) {
  const nameOf = titlesOf(report);
  const title = metricTitle(main, list);
  const models = splits.find(({ split }) => split === 'test')?.models ?? [];
  const figures = models.flatMap(({ model, metrics }) => {
    const estimate = metrics[main];
    return estimate ? [{ title: nameOf(model), estimate, color: modelColor(model) }] : [];
  });
  const against = differences
    .filter(({ split, metric }) => split === 'test' && metric === main)
    .map(({ second, difference }) => ({
      title: `against ${nameOf(second)}`,
      estimate: difference,
      color: modelColor(second),
    }));
  return [
    {
      draw: () => intervalsPlot(`${title} of each model in ${task} on test`, `${title} on test`, figures, undefined),
      legend: [],
      caption: `${title} of each model, with its interval.`,
    },
    {
      draw: () =>
        intervalsPlot(
          `Adapter minus each other model, ${title} in ${task} on test`,
          'adapter minus the other',
          against,
          0,
        ),
      legend: [],
      caption: `${title} of the adapter minus that of each other model, on the same rows and users.`,
    },
  ];
}
