import type { Split } from '../core/instruction.js';
import { inWords, shortened } from '../core/prediction.js';
import type { RunPredictions } from '../trainers/predict.js';
import type { ScoreAnswer } from '../trainers/score-split.js';
import type { Answer } from './command.js';

/** missing  splits that a report wants, too, and that have no predictions yet */
export function renderRunPredictions(
  runId: string,
  answers: readonly RunPredictions[],
  missing: readonly Split[],
): Answer {
  const lines = answers.flatMap(({ split, adapter, base }) => [
    `${split}: ${adapter.predictions.length} rows`,
    `  adapter     ${state(adapter)}`,
    `  base model  ${state(base)}`,
  ]);
  const value = {
    run: runId,
    splits: answers.map(({ split, adapter, base }) => ({ split, adapter: summary(adapter), base: summary(base) })),
  };
  const [first] = missing;
  const next = first === undefined ? `rectune report ${runId}` : `rectune predict ${runId} --split ${first}`;
  return { value, text: [`run ${runId}`, ...lines, `next: ${next}`].join('\n') };
}

export function renderPredictedFile(out: string, answer: ScoreAnswer): Answer {
  const rows = answer.predictions.length;
  return {
    value: { out, ...summary(answer) },
    text: `${rows} rows of ${answer.set.split} in ${out} (${state(answer)})`,
  };
}

function summary({ set, predictions, reused }: ScoreAnswer) {
  const truncated = shortened(predictions).map(({ row, droppedHistory }) => ({ row, droppedHistory }));
  return {
    set: set.id,
    split: set.split,
    rows: predictions.length,
    device: set.device,
    precision: set.precision,
    labelMass: set.labelMass,
    truncated,
    reused,
  };
}

/** Label mass says whether the model answers in the asked form at all. */
function state({ set, predictions, reused }: ScoreAnswer): string {
  const cut = shortened(predictions).length;
  return [
    `label mass ${set.labelMass.toFixed(3)}`,
    `computed ${inWords(set)}`,
    ...(cut > 0
      ? [`${cut} rows lost their oldest history to the limit of ${set.maxLength} tokens (--json names them)`]
      : []),
    ...(reused ? ['from the store'] : []),
  ].join(', ');
}
