import type { TaskKind, TaskMetricId } from '../../core/task-report.js';
import type { RankedList } from '../metrics/ranked-list.js';
import { hitRate, ndcg, rankBiasedPrecision, reciprocalRank } from '../metrics/ranking.js';
import { maeByUsers, type RatedRow, rmseByUsers } from '../metrics/rating-error.js';
import {
  lossPerTextByUsers,
  lossPerTokenByUsers,
  perplexityByUsers,
  type WrittenRow,
} from '../metrics/text-likelihood.js';
import { meanOfRows } from '../statistics/ratio-statistic.js';
import type { UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';

/** A column of a task's table. */
export interface TaskMetric<Row> {
  readonly title: string;
  readonly better: 'higher' | 'lower';
  readonly definition: string; // one sentence for the reader of a report
  byUsers(rows: readonly Row[], users: UserIndex): UserStatistic;
}

type ChoiceMetricId = 'accuracy' | 'hit3' | 'hit5' | 'hit10' | 'ndcg5' | 'ndcg10' | 'mrr' | 'rbp';

/** How far the reader of RBP goes on: 0.8 looks at 5 candidates on average. */
const PERSISTENCE = 0.8;

function meanOfRanks(ofRow: (rank: RankedList) => number | undefined): TaskMetric<RankedList>['byUsers'] {
  return (ranks, users) =>
    meanOfRows(
      ranks.map((rank) => ofRow(rank) as number), // each list has its target
      users,
    );
}

function hits(k: number): TaskMetric<RankedList> {
  return {
    title: `HR@${k}`,
    better: 'higher',
    definition: `share of rows whose target is among the ${k} best; Recall@${k} with one target`,
    byUsers: meanOfRanks((rank) => hitRate(rank, k)),
  };
}

function gain(k: number): TaskMetric<RankedList> {
  return {
    title: `NDCG@${k}`,
    better: 'higher',
    definition: `mean of 1 / log2(rank of the target + 1), 0 beyond rank ${k}`,
    byUsers: meanOfRanks((rank) => ndcg(rank, k)),
  };
}

/** Ties count as the expected value over random tie breaks. */
export const CHOICE_METRIC: Readonly<Record<ChoiceMetricId, TaskMetric<RankedList>>> = {
  accuracy: {
    title: 'accuracy',
    better: 'higher',
    definition: 'share of rows whose target has the highest score: HR@1',
    byUsers: meanOfRanks((rank) => hitRate(rank, 1)),
  },
  hit3: hits(3),
  hit5: hits(5),
  hit10: hits(10),
  ndcg5: gain(5),
  ndcg10: gain(10),
  mrr: {
    title: 'MRR',
    better: 'higher',
    definition: 'mean of 1 / rank of the target; MAP with one target',
    byUsers: meanOfRanks((rank) => reciprocalRank(rank)),
  },
  rbp: {
    title: `RBP ${PERSISTENCE}`,
    better: 'higher',
    definition: `mean of (1 - p) p^(rank of the target - 1), p = ${PERSISTENCE}; at most ${Number((1 - PERSISTENCE).toFixed(3))}`,
    byUsers: meanOfRanks((rank) => rankBiasedPrecision(rank, PERSISTENCE)),
  },
};

export const RATING_METRIC: Readonly<Record<'rmse' | 'mae', TaskMetric<RatedRow>>> = {
  rmse: {
    title: 'RMSE',
    better: 'lower',
    definition: 'root of the mean squared distance of the expected rating from the given one, in stars',
    byUsers: rmseByUsers,
  },
  mae: {
    title: 'MAE',
    better: 'lower',
    definition: 'mean distance of the expected rating from the given one, in stars',
    byUsers: maeByUsers,
  },
};

export const TEXT_METRIC: Readonly<Record<'lossPerToken' | 'lossPerText' | 'perplexity', TaskMetric<WrittenRow>>> = {
  lossPerToken: {
    title: 'nats a token',
    better: 'lower',
    definition: "-ln P of the rows' own answers, a token; comparable only under one tokeniser",
    byUsers: lossPerTokenByUsers,
  },
  lossPerText: {
    title: 'nats a text',
    better: 'lower',
    definition: "-ln P of a row's own answer as a whole, mean over rows",
    byUsers: lossPerTextByUsers,
  },
  perplexity: {
    title: 'perplexity',
    better: 'lower',
    definition: 'e^(nats a token)',
    byUsers: perplexityByUsers,
  },
};

const METRIC: Readonly<Record<TaskMetricId, Omit<TaskMetric<never>, 'byUsers'>>> = {
  ...CHOICE_METRIC,
  ...RATING_METRIC,
  ...TEXT_METRIC,
};

/** Title, direction and definition of a metric, whatever rows it is of. */
export function taskMetric(metric: TaskMetricId): Omit<TaskMetric<never>, 'byUsers'> {
  return METRIC[metric];
}

/** The name says the list: "NDCG@10 (1+9)". */
export function metricTitle(metric: TaskMetricId, list: string | null): string {
  return list === null ? METRIC[metric].title : `${METRIC[metric].title} (${list})`;
}

/**
 * The metrics of a kind, and the one of its verdict. Of those that a list of `candidates` decides: with two of them all ranks follow from the accuracy,
 * and a cutoff that the list cannot pass says nothing.
 */
export function metricsOf(kind: TaskKind, candidates: number): { metrics: TaskMetricId[]; main: TaskMetricId } {
  switch (kind) {
    case 'rating':
      return { metrics: ['rmse', 'mae'], main: 'rmse' };
    case 'text':
      return { metrics: ['lossPerToken', 'lossPerText', 'perplexity'], main: 'lossPerToken' };
    case 'choice': {
      if (candidates <= 2) return { metrics: ['accuracy'], main: 'accuracy' };
      const hit = ([3, 5, 10] as const).flatMap((k): TaskMetricId[] => (k < candidates ? [`hit${k}`] : []));
      const ndcg5: TaskMetricId[] = candidates > 5 ? ['ndcg5'] : [];
      return { metrics: ['accuracy', ...hit, ...ndcg5, 'ndcg10', 'mrr', 'rbp'], main: 'ndcg10' };
    }
  }
}
