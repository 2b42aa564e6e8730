import type { TaskCurve, TaskModelId } from '../../core/task-report.js';
import { quantile } from '../statistics/interval.js';
import type { TaskScores } from './score-task.js';

const LONGEST = 100; // k up to which a curve of ranks goes
const GAINS = 100; // steps of the curve of gains

/**
 * What a task's own plot is drawn from.
 *
 * longest  of the lists; read for lists alone
 * beside   drawn beside adapter and base model: the baseline of the verdict, an ID model
 */
export function taskCurve(scores: TaskScores, longest: number, beside: readonly TaskModelId[]): TaskCurve {
  const models: TaskModelId[] = ['adapter', 'base', ...beside];
  switch (scores.kind) {
    case 'choice': {
      const ranks = Array.from({ length: Math.min(longest, LONGEST) }, (_, i) => i + 1);
      const shares = (model: TaskModelId) => ranks.map((k) => scores.within(model, k) as number);
      return { of: 'ranks', models: models.map((model) => ({ model, shares: shares(model) })) };
    }
    case 'rating':
      return { of: 'ratings', models: models.map((model) => ({ model, points: byGiven(scores, model) })) };
    case 'text': {
      const adapter = scores.said('adapter');
      const gains = scores
        .said('base')
        .map((base, row) => base - (adapter[row] as number))
        .sort((a, b) => a - b);
      return { of: 'gains', quantiles: Array.from({ length: GAINS + 1 }, (_, i) => quantile(gains, i / GAINS)) };
    }
  }
}

type RatingPoint = Extract<TaskCurve, { of: 'ratings' }>['models'][number]['points'][number];

/** The predicted ratings of the rows of each given rating, ascending. */
function byGiven(scores: TaskScores, model: TaskModelId): RatingPoint[] {
  const predicted = new Map<number, number[]>();
  const said = scores.said(model);
  scores.given().forEach((given, row) => {
    const values = predicted.get(given as number) ?? [];
    values.push(said[row] as number);
    predicted.set(given as number, values);
  });
  return [...predicted]
    .sort(([a], [b]) => a - b)
    .map(([given, values]) => {
      const rising = values.sort((a, b) => a - b);
      const mean = rising.reduce((sum, value) => sum + value, 0) / rising.length;
      return { given, rows: rising.length, mean, low: quantile(rising, 0.25), high: quantile(rising, 0.75) };
    });
}
