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
import { type Distribution, difference, estimate, resampleUsers, shareAboveZero } from '../intervals.js';
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
    return estimate(distribution, this.options.level);
  }
}

type Ask = (model: TaskModelId, metric: TaskMetricId) => () => Distribution;

/** Figures of every model on the rows of one split, and the adapter against each other model; to be read when all is asked for. */
export function askForSplit(
  resampled: Resampled,
  scores: TaskScores,
  metrics: readonly TaskMetricId[],
  split: Split,
): () => { result: TaskSplit; differences: TaskDifference[] } {
  const ask: Ask = (model, metric) => resampled.ask(scores.statistic(model, metric));
  const asked = askForModels(ask, scores.models, metrics);
  return () => ({
    result: { split, rows: scores.rows.length, users: scores.users.count, models: modelsOf(resampled, asked, metrics) },
    differences: scores.models.flatMap((second) =>
      second === 'adapter' ? [] : metrics.map((metric) => differenceOf(resampled, asked, { split, metric, second })),
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
    const ask: Ask = (model, metric) => resampled.ask(scores.statistic(model, metric, part));
    return { scoring, asked: askForModels(ask, ['adapter', 'base'], metrics) };
  });
  return () => all.map(({ scoring, asked }) => ({ scoring, models: modelsOf(resampled, asked, metrics) }));
}

type Asked = ReadonlyMap<TaskModelId, ReadonlyMap<TaskMetricId, () => Distribution>>;

function askForModels(ask: Ask, models: readonly TaskModelId[], metrics: readonly TaskMetricId[]): Asked {
  return new Map(models.map((model) => [model, new Map(metrics.map((metric) => [metric, ask(model, metric)]))]));
}

function modelsOf(resampled: Resampled, asked: Asked, metrics: readonly TaskMetricId[]): TaskSplit['models'] {
  return [...asked.keys()].map((model) => ({
    model,
    metrics: Object.fromEntries(
      metrics.map((metric) => [metric, resampled.estimate(drawn(asked, model, metric))]),
    ) as TaskSplit['models'][number]['metrics'],
  }));
}

function drawn(asked: Asked, model: TaskModelId, metric: TaskMetricId): Distribution {
  const read = asked.get(model)?.get(metric);
  if (!read) throw new Error(`${metric} of ${model} was not asked for`);
  return read();
}

function differenceOf(
  resampled: Resampled,
  asked: Asked,
  { split, metric, second }: Pick<TaskDifference, 'split' | 'metric' | 'second'>,
): TaskDifference {
  const paired = difference(drawn(asked, 'adapter', metric), drawn(asked, second, metric));
  const interval = resampled.estimate(paired);
  return {
    split,
    metric,
    first: 'adapter',
    second,
    difference: interval,
    shareAboveZero: shareAboveZero(paired) ?? null,
    finding: findingOf(taskMetric(metric).better, interval),
  };
}
