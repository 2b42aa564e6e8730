import type { Report } from '../../../../core/report.js';
import type { Calibration, CalibrationFigure } from '../../../../core/report-trust.js';
import { counted, figure, levelTitle, thousands } from '../../../numbers.js';
import { simulatedCoverage } from '../../../trust/simulated-coverage.js';
import { type Block, type Drawing, estimateCell, type Fact, type Part, type Table } from '../../block.js';
import { calibrationPlot } from '../../plots/calibration.js';
import { rowsAnchor } from '../../row-anchor.js';
import { MODEL_NAMES } from './names.js';

const TITLES: Readonly<Record<CalibrationFigure, string>> = {
  logLoss: 'log loss',
  brier: 'Brier score',
  calibrationError: 'calibration error',
};

const NOTE =
  'One number, the temperature, is fitted on valid alone: log-odds (of lists and ratings the log-likelihoods of the answers) are divided by it. Above 1 the model was too sure, below 1 not sure ' +
  'enough. No order changes by it, so AUC and metrics of ranks stay what they are.';

function terms(all: readonly Calibration[]): readonly Fact[] {
  const fewest = Math.min(...all.map(({ users }) => users));
  return [
    [
      'calibration error',
      'expected calibration error: ten bins of equal width, distance between what is said and what comes true, weighted by rows',
    ],
    [
      'its interval',
      `by resampled users and by truths that could have shown the figure. Chance pushes the figure upwards, above all where a model is well calibrated; there the interval may end below the figure. ${simulatedCoverage(fewest)}`,
    ],
  ];
}

/** Whether probabilities mean what they say, before and after a temperature that is fitted on valid. */
export function calibration(report: Report): Part[] {
  const { calibration: all } = report.trust;
  if (all.length === 0) return [];
  const tasks = [...new Set(all.map(({ task, kind }) => `${task} ${kind}`))];
  const ofTask = tasks.map((task) => all.filter((one) => `${one.task} ${one.kind}` === task));
  return [
    {
      title: 'Calibration',
      id: 'calibration',
      blocks: [
        { kind: 'paragraph', quiet: true, text: NOTE },
        ...ofTask.map((models): Block => ({ kind: 'table', table: table(models, report) })),
        ...all.flatMap(remark).map((text): Block => ({ kind: 'paragraph', text })),
        { kind: 'plots', plots: all.filter(({ model }) => model === 'adapter').map((one) => drawing(one, report)) },
        { kind: 'definitions', terms: terms(all) },
      ],
    },
  ];
}

function table(models: readonly Calibration[], report: Report): Table {
  const [{ task, kind, rows, users, validRows, validUsers }] = models as [Calibration, ...Calibration[]];
  const behind = rowsAnchor(report, { task, kind, split: 'test' });
  const fittedOn = rowsAnchor(report, { task, kind, split: 'valid' });
  return {
    caption:
      `${task} on test: ${counted(rows, 'row')} of ${counted(users, 'user')}; temperature fitted on ${thousands(validRows)} of valid, ${counted(validUsers, 'user')}. ` +
      `${levelTitle(report.options.level)} intervals.`,
    head: ['model', 'figure', 'temperature', 'before', 'after', 'after - before'],
    rows: models.flatMap((one) =>
      one.figures.map(({ figure: id, before, after, difference }) => ({
        name: MODEL_NAMES[one.model],
        color: `var(--${one.model})`,
        own: one.model === 'adapter',
        cells: [
          TITLES[id],
          { value: figure(one.temperature), ...(fittedOn === undefined ? {} : { rows: fittedOn }) },
          ...[before, after, difference].map((estimate) => estimateCell(estimate, behind)),
        ],
      })),
    ),
  };
}

/** Why there is no temperature, or why not to rely on it. */
function remark({ task, model, reason, atEnd, temperature }: Calibration): string[] {
  const who = `${task}, ${MODEL_NAMES[model]}`;
  if (reason !== null) return [`${who}: no temperature. ${reason}`];
  if (!atEnd) return [];
  return [
    temperature !== null && temperature > 1
      ? `${who}: the best temperature on valid is ${temperature} or more: its scores do not tell there what came true, and flat probabilities are as good.`
      : `${who}: the best temperature on valid is ${temperature} or less: its scores tell there without a mistake what came true, which test need not confirm.`,
  ];
}

function drawing(one: Calibration, report: Report): Drawing {
  const { task, kind, temperature } = one;
  return {
    draw: () => calibrationPlot(`Calibration of the adapter in ${task}, before and after temperature`, one),
    legend: [
      { title: 'as it is', color: 'var(--count)' },
      ...(temperature === null ? [] : [{ title: `divided by ${figure(temperature)} (ring)`, color: 'var(--adapter)' }]),
    ],
    caption: `${task}, adapter: on the dashed line probabilities mean what they say. A dot's area is its number of rows.`,
    rows: rowsAnchor(report, { task, kind, split: 'test' }),
    instead: {
      caption: `${task}, adapter: what was predicted against what came true`,
      head: ['probability', 'temperature', 'rows', 'mean predicted', 'share'],
      rows: (['before', 'after'] as const).flatMap((when) =>
        one.bins[when].map(({ low, high, rows, meanProbability, share }) => ({
          name: `${low.toFixed(1)} to ${high.toFixed(1)}`,
          cells: [when, thousands(rows), figure(meanProbability), figure(share)],
        })),
      ),
      notForPapers: true,
    },
  };
}
