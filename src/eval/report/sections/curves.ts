import { type Titles, titlesOf } from '../../../core/model-titles.js';
import type { ModelId, Report } from '../../../core/report.js';
import { figure, thousands } from '../../numbers.js';
import type { Drawing, Part, Table } from '../block.js';
import { precisionRecallPlot, reliabilityPlot, rocPlot } from '../plots/judgement-curves.js';
import { modelColor } from '../plots/model-colors.js';
import { rowsAnchor } from '../row-anchor.js';

/** ROC, precision and recall, reliability: what single figures of the judgements leave out. */
export function curves(report: Report): Part[] {
  const { curves: drawn, splits } = report;
  const titles = titlesOf(report);
  const { reliability, roc, precisionRecall, split } = drawn;
  const result = splits.find((one) => one.split === split);
  if (reliability.length === 0 || !result) return [];
  const errors = reliability
    .map(({ model, expectedCalibrationError }) => `${titles(model)} ${figure(expectedCalibrationError)}`)
    .join(', ');
  const behind = rowsAnchor(report, { task: 'judgement', split });
  const plots: Drawing[] = [
    {
      draw: () => reliabilityPlot(drawn),
      legend: legend(reliability, titles),
      caption: `Reliability: on the dashed line, P(liked) means what it says. A dot's area is its number of rows. Expected calibration error: ${errors}.`,
      instead: bins(drawn, titles),
      rows: behind,
    },
  ];
  if (precisionRecall.length > 0) {
    plots.unshift({
      draw: () => precisionRecallPlot(drawn, result.liked / result.rows),
      legend: legend(precisionRecall, titles),
      caption:
        'Precision and recall: of the rows above a threshold, how many are liked, for how many of the liked are found. The dashed line is chance, the share of liked rows.',
      rows: behind,
    });
  }
  if (roc.length > 0) {
    plots.unshift({
      draw: () => rocPlot(drawn),
      legend: legend(roc, titles),
      caption: 'ROC: how many of the liked rows are found for how many that were not liked. The dashed line is chance.',
      rows: behind,
    });
  }
  return [
    {
      title: `Curves on ${split}`,
      id: 'curves',
      blocks: [
        ...(roc.length > 0
          ? []
          : [{ kind: 'paragraph' as const, text: 'No ROC curve: all rows have the same label.' }]),
        { kind: 'plots', plots },
      ],
    },
  ];
}

function bins({ reliability, split }: Report['curves'], titles: Titles): Table {
  return {
    caption: `Reliability on ${split}: what was predicted against what came true`,
    head: ['P(liked)', 'model', 'rows', 'mean P(liked)', 'share liked'],
    rows: reliability.flatMap(({ model, bins: all }) =>
      all.map(({ low, high, rows, meanProbability, likedShare }) => ({
        name: `${low.toFixed(1)} to ${high.toFixed(1)}`,
        cells: [titles(model), thousands(rows), figure(meanProbability), figure(likedShare)],
      })),
    ),
  };
}

function legend(models: readonly { model: ModelId }[], titles: Titles): Drawing['legend'] {
  return models.map(({ model }) => ({ title: titles(model), color: modelColor(model) }));
}
