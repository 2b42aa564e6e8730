import type { MetricId } from '../../core/report.js';
import type { UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import { accuracyByUsers } from './accuracy.js';
import { aucByUsers } from './auc.js';
import { brierByUsers } from './brier.js';
import { f1ByUsers } from './f1.js';
import { logLossByUsers } from './log-loss.js';
import { uaucByUsers } from './uauc.js';

/** One column of a report's table. */
export interface Metric {
  readonly title: string;
  readonly better: 'higher' | 'lower';
  readonly definition: string; // one sentence for the reader of a report
  readonly undefinedWhen: string; // the only case, told of the rows: "all rows have the same label"
  readonly reads: 'order' | 'probabilities'; // of the scores: the latter is defined of log-odds alone
  /** logOdds and labels in the same order as the index's rows. */
  byUsers(logOdds: readonly number[], labels: readonly boolean[], users: UserIndex): UserStatistic;
}

/** Every metric of a report. Models and baselines go through the same functions. */
export const METRIC: Readonly<Record<MetricId, Metric>> = {
  auc: {
    title: 'AUC',
    undefinedWhen: 'all rows have the same label',
    better: 'higher',
    reads: 'order',
    definition: 'chance that a random liked row outscores a random row that was not liked; ties count one half',
    byUsers: aucByUsers,
  },
  uauc: {
    title: 'UAUC',
    undefinedWhen: 'no user has rows of both labels',
    better: 'higher',
    reads: 'order',
    definition: "mean of each user's own AUC, over users with both labels: order within one user",
    byUsers: (logOdds, labels, users) => uaucByUsers(logOdds, labels, users, 'users'),
  },
  uaucByRows: {
    title: 'UAUC by rows',
    undefinedWhen: 'no user has rows of both labels',
    better: 'higher',
    reads: 'order',
    definition: "UAUC with each user weighted by the user's number of rows",
    byUsers: (logOdds, labels, users) => uaucByUsers(logOdds, labels, users, 'rows'),
  },
  logLoss: {
    title: 'log loss',
    undefinedWhen: 'there are no rows',
    better: 'lower',
    reads: 'probabilities',
    definition: 'mean of -ln P(the label that came true), nats, probabilities held within 1e-7 of 0 and 1',
    byUsers: logLossByUsers,
  },
  accuracy: {
    title: 'accuracy',
    undefinedWhen: 'there are no rows',
    better: 'higher',
    reads: 'probabilities',
    definition: 'share of rows called right at log-odds 0; exactly 0 counts one half',
    byUsers: accuracyByUsers,
  },
  f1: {
    title: 'F1',
    undefinedWhen: 'no row is liked and none is called so',
    better: 'higher',
    reads: 'probabilities',
    definition:
      'harmonic mean of precision and recall of the liked rows, called liked at a log-odds above 0; exactly 0 counts one half',
    byUsers: f1ByUsers,
  },
  brier: {
    title: 'Brier score',
    undefinedWhen: 'there are no rows',
    better: 'lower',
    reads: 'probabilities',
    definition: 'mean squared distance of P(liked) from what came true',
    byUsers: brierByUsers,
  },
};
