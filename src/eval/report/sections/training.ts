import type { Report } from '../../../core/report.js';
import { counted, figure, interval, levelTitle } from '../../numbers.js';
import { type Drawing, estimateCell, type Part } from '../block.js';
import { lossPlot, validationPlot } from '../plots/training.js';

/** Loss by step, and what the run scored on valid while it trained. */
export function training(report: Report): Part[] {
  const { curves, validation, options } = report;
  const [first, last] = [curves.loss[0], curves.loss.at(-1)];
  const plots: Drawing[] = [];
  if (first && last) {
    plots.push({
      draw: () => lossPlot(curves),
      legend: [],
      caption:
        `Loss of each step's rows before its update, ${counted(curves.loss.length, 'step')}: ` +
        `${figure(first.loss)} at step ${first.step}, ${figure(last.loss)} at step ${last.step}, nats a token.`,
    });
  }
  if (validation) plots.push(onValid(validation, levelTitle(options.level)));
  return [
    {
      title: 'Training',
      id: 'training',
      blocks: [
        ...(first ? [] : [{ kind: 'paragraph' as const, text: 'The run recorded no steps.' }]),
        ...(plots.length === 0 ? [] : [{ kind: 'plots' as const, plots }]),
      ],
    },
  ];
}

function onValid(validation: NonNullable<Report['validation']>, level: string): Drawing {
  const { rows, users, points, keptStep } = validation;
  const kept = points.find(({ step }) => step === keptStep);
  return {
    draw: () => validationPlot(validation),
    legend: [],
    caption:
      `AUC on valid while training: ${counted(rows, 'row')} of ${counted(users, 'user')}, whole users, the same in every run on this version, ` +
      `with the ${level} interval over users.` +
      (keptStep === null
        ? ''
        : ` The adapter is that of step ${keptStep}${kept ? `: ${figure(kept.auc.value)} ${interval(kept.auc)}` : ''}.`),
    instead: {
      caption: `AUC on valid while training, ${level} interval`,
      head: ['step', 'AUC', ''],
      rows: points.map(({ step, auc }) => ({
        name: String(step),
        cells: [estimateCell(auc), step === keptStep ? 'kept' : ''],
      })),
    },
  };
}
