import { ratioOfRows } from '../statistics/ratio-statistic.js';
import type { UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';

/** Mean popularity of what a list shows beside that of the history it was made from; undefined: nothing shown, or no history. */
export interface PopularityRow {
  readonly shown: number | undefined; // interactions in train, mean over the items
  readonly history: number | undefined;
}

/**
 * Popularity lift: (mean popularity of the shown items - of the histories) / that of the histories, both means over the lists. 0 when models show
 * what users already met, 1 when it is twice as popular. Lists without a history are left out.
 *
 * returns [-1, infinity), or undefined without such lists or where no item of a history is known
 * source  Abdollahpouri et al. 2020, "The Connection Between Popularity Bias, Calibration, and Fairness in Recommendation", doi:10.1145/3383313.3418487
 */
export function popularityLiftByUsers(rows: readonly PopularityRow[], users: UserIndex): UserStatistic {
  const compared = rows.map(({ shown, history }) =>
    shown === undefined || history === undefined ? { gain: 0, before: 0 } : { gain: shown - history, before: history },
  );
  return ratioOfRows(
    compared.map(({ gain }) => gain),
    compared.map(({ before }) => before),
    users,
  );
}
