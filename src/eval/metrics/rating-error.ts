import { meanOfRows } from '../statistics/ratio-statistic.js';
import type { UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';

/** A predicted rating beside the one that was given. */
export interface RatedRow {
  readonly predicted: number; // in the unit of the log's scale
  readonly actual: number;
}

/**
 * RMSE: the square root of the mean squared distance of predicted and given rating.
 *
 * returns [0, width of the scale], or undefined without rows
 * source  Herlocker et al. 2004, "Evaluating Collaborative Filtering Recommender Systems", doi:10.1145/963770.963772
 */
export function rmseByUsers(rows: readonly RatedRow[], users: UserIndex): UserStatistic {
  return meanOfRows(
    rows.map(({ predicted, actual }) => (predicted - actual) ** 2),
    users,
    'root',
  );
}

/**
 * MAE: the mean distance of predicted and given rating. The expected rating is made for RMSE; a median would have a smaller MAE.
 *
 * returns [0, width of the scale], or undefined without rows
 * source  Herlocker et al. 2004, doi:10.1145/963770.963772
 */
export function maeByUsers(rows: readonly RatedRow[], users: UserIndex): UserStatistic {
  return meanOfRows(
    rows.map(({ predicted, actual }) => Math.abs(predicted - actual)),
    users,
  );
}
