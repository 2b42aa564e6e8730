import { isIdModel } from '../../../core/id-models.js';
import { labelOfVersion } from '../../../core/label-rule.js';
import { titlesOf } from '../../../core/model-titles.js';
import { METRICS, type Report, type SplitResult } from '../../../core/report.js';
import { METRIC } from '../../metrics/metric.js';
import { counted, levelTitle, percent, thousands } from '../../numbers.js';
import { type Block, estimateCell, type Fact, type Part } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';
import { modelColor } from '../plots/model-colors.js';
import { rowsAnchor } from '../row-anchor.js';

/** Every metric of every model on the judgements, a table a split. */
export function judgements(report: Report): Part[] {
  return report.splits.map((result) => ({
    title: report.overview === null ? `Metrics on ${result.split}` : `Judgement: metrics on ${result.split}`,
    id: `judgement-${result.split}`,
    blocks: [figures(result, report), ...(result.split === 'test' ? explained(result, report) : [])],
  }));
}

function figures(result: SplitResult, report: Report): Block {
  const { options } = report;
  const titles = titlesOf(report);
  const behind = rowsAnchor(report, { task: 'judgement', split: result.split });
  const { split, rows, users, liked, usersWithBothLabels, models } = result;
  const caption =
    `${split}: ${counted(rows, 'row')} of ${counted(users, 'user')}, ${thousands(usersWithBothLabels)} of them with both labels; ` +
    `${percent(rows === 0 ? 0 : liked / rows)} liked${ruleOf(report)}. Below each figure its ${levelTitle(options.level)} interval, ` +
    `from ${thousands(options.resamples)} resamples of users.`;
  return {
    kind: 'table',
    table: {
      caption,
      head: ['model', ...METRICS.map((metric) => METRIC[metric].title)],
      rows: models.map(({ model, metrics }) => ({
        name: titles(model),
        color: modelColor(model),
        own: model === 'adapter',
        cells: METRICS.map((metric) =>
          isIdModel(model) && METRIC[metric].reads === 'probabilities'
            ? NO_PROBABILITIES
            : estimateCell(metrics[metric], behind),
        ),
      })),
    },
  };
}

function ruleOf({ version }: Report): string {
  const rule = labelOfVersion(version);
  return rule === undefined ? '' : ` (${rule})`;
}

/** Why a metric is not defined of an ID model. */
const NO_PROBABILITIES = 'no probabilities';

function explained({ models, split }: SplitResult, report: Report): Block[] {
  const titles = titlesOf(report);
  const named = models.map(({ model, metrics }) => ({
    title: titles(model),
    estimate: metrics.auc,
    color: modelColor(model),
  }));
  const terms = METRICS.map((metric): Fact => {
    const { title, definition, better } = METRIC[metric];
    return [title, `${definition} (${better} is better)`];
  });
  return [
    {
      kind: 'plots',
      plots: [
        {
          draw: () => intervalsPlot(`AUC of each model on ${split}, with intervals`, `AUC on ${split}`, named, 0.5),
          legend: [],
          caption: 'AUC of each model with its interval. The dashed line is chance.',
        },
      ],
    },
    { kind: 'definitions', terms },
    ...(models.some(({ model }) => isIdModel(model))
      ? [
          {
            kind: 'paragraph',
            quiet: true,
            text: 'ID models give each item a score on a scale of their own, which is no probability: log loss, accuracy, F1 and Brier score are not defined of them.',
          } satisfies Block,
        ]
      : []),
    {
      kind: 'paragraph',
      quiet: true,
      text: 'The intervals are about other users; they say nothing of another training seed, which moves a few-shot result too.',
    },
  ];
}
