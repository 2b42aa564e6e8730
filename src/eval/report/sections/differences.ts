import { type Titles, titlesOf } from '../../../core/model-titles.js';
import { PowerDemand } from '../../../core/power.js';
import {
  METRICS,
  type MetricId,
  type ModelId,
  type PairedDifference,
  type Report,
  type SplitResult,
} from '../../../core/report.js';
import { METRIC } from '../../metrics/metric.js';
import { figure, levelTitle, percent } from '../../numbers.js';
import { plansOfReport } from '../../power-plan.js';
import { type Block, type Cell, estimateCell, type Figure, type Part, type Table } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';
import { modelColor } from '../plots/model-colors.js';
import { rowsAnchor } from '../row-anchor.js';
import { OTHER_TESTS_NOTE, otherTests, TEST_NOTE, testAside } from '../test-texts.js';
import { metricsShown } from './judgements.js';

/** The adapter against every other model on the judgements: same rows, same resampled users. */
export function differences(report: Report): Part[] {
  const { differences: all, splits, options } = report;
  if (splits.length === 0) return [];
  const level = levelTitle(options.level);
  const titles = titlesOf(report);
  const auc = all.filter(({ split, metric }) => split === 'test' && metric === 'auc');
  return [
    {
      title: 'Paired differences',
      id: 'differences',
      blocks: [
        {
          kind: 'paragraph',
          quiet: true,
          text:
            `Adapter minus the other model, on the same rows and the same resampled users: the ${level} interval, p, and what the interval ` +
            `decides (undecided: it includes 0). For log loss and Brier score a difference below 0 is a gain. ${TEST_NOTE}`,
        },
        ...splits.map((result) => ({ kind: 'table' as const, table: table(result, report) })),
        ...power(report),
        { kind: 'paragraph', quiet: true, text: OTHER_TESTS_NOTE },
        { kind: 'table', table: otherTestsTable(report, titles) },
        {
          kind: 'plots',
          plots: [
            {
              draw: () =>
                intervalsPlot(
                  'Paired differences of AUC on test, with intervals',
                  'AUC of the adapter minus AUC of the other, on test',
                  auc.map(({ second, difference }) => ({
                    title: `against ${titles(second)}`,
                    estimate: difference,
                    color: modelColor(second),
                  })),
                  0,
                ),
              legend: [],
              caption:
                'AUC of the adapter minus that of each other model. An interval to the right of the dashed line is a gain.',
              rows: rowsAnchor(report, { task: 'judgement', split: 'test' }),
            },
          ],
        },
      ],
    },
  ];
}

function table(result: SplitResult, report: Report): Table {
  const { split } = result;
  const shown = metricsShown(result);
  const { differences: all } = report;
  const titles = titlesOf(report);
  const behind = rowsAnchor(report, { task: 'judgement', split });
  const here = all.filter((one) => one.split === split);
  const others = [...new Set(here.map(({ second }) => second))];
  return {
    caption: `${split}: adapter minus the other model`,
    head: ['adapter against', ...shown.map((metric) => METRIC[metric].title)],
    rows: others.map((other) => ({
      name: titles(other),
      color: modelColor(other),
      cells: byMetric(shown, here, other, (one) => cell(one, behind)),
    })),
  };
}

/** A cell for each metric; a dash where it is not defined of the other model. */
function byMetric<C extends Cell>(
  shown: readonly MetricId[],
  here: readonly PairedDifference[],
  other: ModelId,
  cellOf: (one: PairedDifference) => C,
): (C | string)[] {
  return shown.map((metric) => {
    const found = here.find((one) => one.second === other && one.metric === metric);
    return found ? cellOf(found) : '-';
  });
}

function cell({ difference, tests, finding }: PairedDifference, behind: string | undefined): Figure {
  return { ...(estimateCell(difference, behind) as Figure), ...testAside(tests), finding };
}

/** On test, which the verdicts are of. */
function otherTestsTable(report: Report, titles: Titles): Table {
  const behind = rowsAnchor(report, { task: 'judgement', split: 'test' });
  const result = report.splits.find(({ split }) => split === 'test');
  const shown = result ? metricsShown(result) : METRICS;
  const here = report.differences.filter(({ split }) => split === 'test');
  return {
    caption: 'test: adapter minus the other model by other tests',
    head: ['adapter against', ...shown.map((metric) => METRIC[metric].title)],
    rows: [...new Set(here.map(({ second }) => second))].map((other) => ({
      name: titles(other),
      color: modelColor(other),
      cells: byMetric(shown, here, other, ({ tests }): Figure => ({ value: otherTests(tests), rows: behind })),
    })),
    notForPapers: true,
  };
}

/** What these rows can show at all, by the comparisons of the verdicts. */
function power(report: Report): Block[] {
  const { verdicts, run } = report;
  const titles = titlesOf(report);
  const demand = PowerDemand.parse({});
  const plans = plansOfReport(report, demand);
  const told = verdicts.flatMap(({ against }) => {
    const models = `adapter - ${titles(against)}`;
    const plan = plans.find((one) => one.split === 'test' && one.metric === METRIC.auc.title && one.models === models);
    return plan && plan.visible !== null ? [`${figure(plan.visible)} from "${titles(against)}"`] : [];
  });
  if (told.length === 0) return [];
  const text =
    `What test can show: a difference of AUC of ${told.join(', ')} is seen in ${percent(demand.power)} of such comparisons (alpha ${demand.alpha}, not corrected). ` +
    `How many users it takes for a smaller one: rectune power ${run.id} --difference 0.02`;
  return [{ kind: 'paragraph', text }];
}
