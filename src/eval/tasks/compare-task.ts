import type { Split } from '../../core/instruction.js';
import type { Estimate, ReportOptions } from '../../core/report.js';
import type {
  Scoring,
  TaskDifference,
  TaskMetricId,
  TaskModelId,
  TaskReport,
  TaskSplit,
} from '../../core/task-report.js';
import { findingOf } from '../finding.js';
import { resampleUsers } from '../statistics/bootstrap.js';
import { distanceEstimate } from '../statistics/distance-interval.js';
import type { DistanceStatistic } from '../statistics/distance-statistic.js';
import { type Distribution, difference, shareAboveZero } from '../statistics/distribution.js';
import { estimate } from '../statistics/interval.js';
import { correctedForRivals, pairedTests } from '../statistics/paired-tests.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import type { Part, TaskScores } from './score-task.js';
import { taskMetric } from './task-metric.js';

/** Asks for figures and gives them all at once: every one over the same resampled users. */
export class Resampled {
  readonly #statistics: UserStatistic[] = [];
  #drawn: Distribution[] | undefined;

  constructor(
    readonly users: number,
    readonly options: ReportOptions,
  ) {}

  /** To be called before the first figure is read. */
  ask(statistic: UserStatistic): () => Distribution {
    if (this.#drawn) throw new Error('the users were resampled already');
    const place = this.#statistics.push(statistic) - 1;
    return () => {
      this.#drawn ??= resampleUsers(this.#statistics, this.users, this.options);
      return this.#drawn[place] as Distribution;
    };
  }

  estimate(distribution: Distribution): Estimate {
    return estimate(distribution, this.options);
  }

  /** Of a figure that is never below 0 and that chance pushes upwards. */
  estimateOfDistance(statistic: DistanceStatistic): Estimate {
    return distanceEstimate(statistic, this.users, this.options);
  }
}

/** A figure that was asked for, and how to read it when all are. */
interface Cell {
  readonly statistic: UserStatistic;
  readonly read: () => Distribution;
}

type Ask = (model: TaskModelId, metric: TaskMetricId) => Cell;

/** Figures of every model on the rows of one split, and the adapter against each other model; to be read when all is asked for. */
export function askForSplit(
  resampled: Resampled,
  scores: TaskScores,
  metrics: readonly TaskMetricId[],
  split: Split,
): () => { result: TaskSplit; differences: TaskDifference[] } {
  const ask: Ask = (model, metric) => askFor(resampled, scores.statistic(model, metric));
  const asked = askForModels(ask, scores.models, metrics);
  return () => ({
    result: { split, rows: scores.rows.length, users: scores.users.count, models: modelsOf(resampled, asked, metrics) },
    differences: correctedForRivals(
      scores.models.flatMap((second) =>
        second === 'adapter' ? [] : metrics.map((metric) => differenceOf(resampled, asked, { split, metric, second })),
      ),
    ),
  });
}

/** The same choices by other numbers: likelihoods a token, or of the first token that differs. */
export function askForScorings(
  resampled: Resampled,
  scores: TaskScores,
  metrics: readonly TaskMetricId[],
  scorings: readonly Scoring[],
): () => TaskReport['scorings'] {
  const all = scorings.map((scoring) => {
    const part: Part = { scoring };
    const ask: Ask = (model, metric) => askFor(resampled, scores.statistic(model, metric, part));
    return { scoring, asked: askForModels(ask, ['adapter', 'base'], metrics) };
  });
  return () => all.map(({ scoring, asked }) => ({ scoring, models: modelsOf(resampled, asked, metrics) }));
}

type Asked = ReadonlyMap<TaskModelId, ReadonlyMap<TaskMetricId, Cell>>;

function askFor(resampled: Resampled, statistic: UserStatistic): Cell {
  return { statistic, read: resampled.ask(statistic) };
}

function askForModels(ask: Ask, models: readonly TaskModelId[], metrics: readonly TaskMetricId[]): Asked {
  return new Map(models.map((model) => [model, new Map(metrics.map((metric) => [metric, ask(model, metric)]))]));
}

function modelsOf(resampled: Resampled, asked: Asked, metrics: readonly TaskMetricId[]): TaskSplit['models'] {
  return [...asked.keys()].map((model) => ({
    model,
    metrics: Object.fromEntries(
      metrics.map((metric) => [metric, resampled.estimate(cell(asked, model, metric).read())]),
    ) as TaskSplit['models'][number]['metrics'],
  }));
}

function cell(asked: Asked, model: TaskModelId, metric: TaskMetricId): Cell {
  const found = asked.get(model)?.get(metric);
  if (!found) throw new Error(`${metric} of ${model} was not asked for`);
  return found;
}

function differenceOf(
  resampled: Resampled,
  asked: Asked,
  { split, metric, second }: Pick<TaskDifference, 'split' | 'metric' | 'second'>,
): TaskDifference {
  const [one, other] = [cell(asked, 'adapter', metric), cell(asked, second, metric)];
  const paired = difference(one.read(), other.read());
  const interval = resampled.estimate(paired);
  return {
    split,
    metric,
    first: 'adapter',
    second,
    difference: interval,
    shareAboveZero: shareAboveZero(paired) ?? null,
    tests: pairedTests(one.statistic, other.statistic, paired, resampled.options),
    finding: findingOf(taskMetric(metric).better, interval),
  };
}
