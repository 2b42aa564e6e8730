import { labelOfVersion } from '../../../core/label-rule.js';
import { titlesOf } from '../../../core/model-titles.js';
import {
  type Estimate,
  givesProbabilities,
  METRICS,
  type MetricId,
  type ModelId,
  type Report,
  type SplitResult,
} from '../../../core/report.js';
import { METRIC } from '../../metrics/metric.js';
import { counted, figure, levelTitle, percent, thousands } from '../../numbers.js';
import { type Block, estimateCell, type Fact, type Figure, type Part } from '../block.js';
import { intervalsPlot } from '../plots/intervals.js';
import { modelColor } from '../plots/model-colors.js';
import { rowsAnchor } from '../row-anchor.js';

/** Metrics that stand in the tables of a split: those that no model has a value of are named below the first one, with the reason. */
export function metricsShown({ models, notDefined }: Pick<SplitResult, 'models' | 'notDefined'>): MetricId[] {
  const lacking = (metric: MetricId) =>
    notDefined.some((one) => one.metric === metric) &&
    models.every(({ metrics }) => (metrics[metric]?.value ?? null) === null);
  return METRICS.filter((metric) => metric === 'auc' || !lacking(metric));
}

/** Every metric of every model on the judgements, a table a split. */
export function judgements(report: Report): Part[] {
  return report.splits.map((result) => ({
    title: report.overview === null ? `Metrics on ${result.split}` : `Judgement: metrics on ${result.split}`,
    id: `judgement-${result.split}`,
    blocks: [
      figures(result, report),
      ...lacking(result),
      ...(result.split === 'test' ? explained(result, report) : []),
    ],
  }));
}

function figures(result: SplitResult, report: Report): Block {
  const { options } = report;
  const titles = titlesOf(report);
  const behind = rowsAnchor(report, { task: 'judgement', split: result.split });
  const { split, rows, users, liked, usersWithBothLabels, models, delong } = result;
  const shown = metricsShown(result);
  const caption =
    `${split}: ${counted(rows, 'row')} of ${counted(users, 'user')}, ${thousands(usersWithBothLabels)} of them with both labels; ` +
    `${percent(rows === 0 ? 0 : liked / rows)} liked${ruleOf(report)}. Below each figure its ${levelTitle(options.level)} interval, ` +
    `from ${thousands(options.resamples)} resamples of users${delong.length > 0 ? '; of AUC the one of DeLong, too, as each user has one row' : ''}.`;
  return {
    kind: 'table',
    table: {
      caption,
      head: ['model', ...shown.map((metric) => METRIC[metric].title)],
      rows: models.map(({ model, metrics }) => ({
        name: titles(model),
        color: modelColor(model),
        own: model === 'adapter',
        cells: shown.map((metric) =>
          !givesProbabilities(model) && METRIC[metric].reads === 'probabilities'
            ? NO_PROBABILITIES
            : {
                ...(estimateCell(metrics[metric], behind) as Figure),
                ...(metric === 'auc' ? byDelong(result, model) : {}),
              },
        ),
      })),
    },
  };
}

/** "DeLong [0.600, 0.702]" */
function byDelong({ delong }: SplitResult, of: ModelId): Pick<Figure, 'aside'> | undefined {
  const found = delong.find(({ model }) => model === of);
  return found && { aside: `DeLong [${figure(found.low)}, ${figure(found.high)}]` };
}

function ruleOf({ version }: Report): string {
  const rule = labelOfVersion(version);
  return rule === undefined ? '' : ` (${rule})`;
}

/** Why figures or intervals are missing. */
function lacking({ models, notDefined }: SplitResult): Block[] {
  const reasons = [...new Set(notDefined.map(({ reason }) => reason))].map((reason) => {
    const titles = notDefined.filter((one) => one.reason === reason).map(({ metric }) => METRIC[metric].title);
    return `Not defined: ${titles.join(', ')}, because ${reason}.`;
  });
  const bare = models.some(({ metrics }) => METRICS.some((metric) => hasNoInterval(metrics[metric])));
  const lines = [...reasons, ...(bare ? [NO_INTERVAL] : [])];
  return lines.length === 0 ? [] : [{ kind: 'paragraph', quiet: true, text: lines.join(' ') }];
}

function hasNoInterval({ value, low }: Estimate): boolean {
  return value !== null && low === null;
}

const NO_INTERVAL =
  'No interval: there is one user, or all resamples lie on one side of the figure, or one user decides it.';

/** Why a metric is not defined of a model whose scores are none. */
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
          rows: rowsAnchor(report, { task: 'judgement', split }),
        },
      ],
    },
    { kind: 'definitions', terms },
    {
      kind: 'paragraph',
      quiet: true,
      text: 'Popularity and ID models give each item a score on a scale of their own, which is no probability: log loss, accuracy, F1 and Brier score are not defined of them.',
    },
    {
      kind: 'paragraph',
      quiet: true,
      text: 'The intervals are about other users; they say nothing of another training seed, which moves a few-shot result too.',
    },
  ];
}
