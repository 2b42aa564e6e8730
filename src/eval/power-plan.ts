import { RectuneError } from '../core/errors.js';
import { titlesOf } from '../core/model-titles.js';
import type { PlannedRates, PowerDemand, PowerPlan } from '../core/power.js';
import type { Estimate, Report } from '../core/report.js';
import { METRIC } from './metrics/metric.js';
import { errorOfPair, plannedAucVariance } from './statistics/auc-variance.js';
import { reachOfResamples } from './statistics/few-users.js';
import { unitsNeeded, visibleDifference } from './statistics/power.js';
import { metricTitle } from './tasks/task-metric.js';

type Compared = Pick<PowerPlan, 'split' | 'metric' | 'models'>;

/**
 * What the comparisons of a report can see, and how many users of the same kind it takes to see a given difference. The standard error is read off the
 * paired interval, (high - low) / (2 reaches of it): it holds what the users of this log are like, and falls with the square root of their number.
 */
export function plansOfReport(report: Report, demand: PowerDemand): PowerPlan[] {
  const titles = titlesOf(report);
  const judgements = report.differences.flatMap(({ split, metric, second, difference }) => {
    const there = report.splits.find((one) => one.split === split);
    const compared = { split, metric: METRIC[metric].title, models: `adapter - ${titles(second)}` };
    return there ? [planOf(compared, difference, there, report.options.level, demand)] : [];
  });
  const others = report.tasks.flatMap(({ task, list, splits, differences }) =>
    differences.flatMap(({ split, metric, second, difference }) => {
      const there = splits.find((one) => one.split === split);
      const title = `${task} ${metricTitle(metric, list)}`;
      const compared = { split, metric: title, models: `adapter - ${titles(second)}` };
      return there ? [planOf(compared, difference, there, report.options.level, demand)] : [];
    }),
  );
  return [...judgements, ...others];
}

/**
 * The plans of a split, and of a metric: of the one with that name, else of those whose name holds it.
 *
 * throws RectuneError 'usage' when there is none
 */
export function choosePlans(
  plans: readonly PowerPlan[],
  { split, metric }: { split: string; metric?: string | undefined },
): PowerPlan[] {
  const here = plans.filter((plan) => plan.split === split);
  if (here.length === 0) {
    throw new RectuneError('usage', `no comparisons on ${split}`, 'rectune power', 'name the other split');
  }
  if (metric === undefined) return here;
  const wanted = metric.toLowerCase();
  const named = here.filter((plan) => plan.metric.toLowerCase() === wanted);
  const held = named.length > 0 ? named : here.filter((plan) => plan.metric.toLowerCase().includes(wanted));
  if (held.length > 0) return held;
  const known = [...new Set(here.map((plan) => plan.metric))].join(', ');
  throw new RectuneError('usage', `no metric is called "${metric}"`, 'rectune power', `use one of ${known}`);
}

function planOf(
  compared: Compared,
  { value, low, high }: Estimate,
  { users, rows }: { users: number; rows: number },
  level: number,
  demand: PowerDemand,
): PowerPlan {
  const error = low === null || high === null ? null : (high - low) / (2 * reachOfResamples(level, users));
  // Without any spread between these users nothing is known of that between others.
  const errorOf = error === null || error === 0 ? undefined : (count: number) => error * Math.sqrt(users / count);
  return { ...compared, seen: value, ...countedOut(errorOf, users, rows / users, demand), error, users, rows };
}

/**
 * The same from rates alone: independent users, both models of about the same quality. AUC by the variance of Hanley and McNeil, shares by p (1 - p),
 * anything else by the standard deviation of the users' differences. Rows of one user that are alike count as fewer: m of them as m / (1 + (m - 1) r).
 *
 * throws RectuneError 'usage' unless one of auc, share and deviation is given, and a difference or a number of users, or when no other model can differ so much
 */
export function planOfRates(rates: PlannedRates, demand: PowerDemand): PowerPlan {
  const { auc, share, deviation, users, rowsPerUser } = rates;
  const given = [auc, share, deviation].filter((value) => value !== undefined).length;
  if (given !== 1) {
    const what = given === 0 ? 'neither a run nor a rate is given' : `${given} rates are given`;
    throw new RectuneError('usage', what, 'rectune power', 'name a run, or give one of --auc, --share, --deviation');
  }
  if (demand.difference === undefined && users === undefined) {
    const fix = 'give --difference (how many users does it take?) or --users (what can be seen with them?)';
    throw new RectuneError('usage', 'neither a difference nor a number of users is given', 'rectune power', fix);
  }
  const rate = auc ?? share;
  const most = rate === undefined ? Number.POSITIVE_INFINITY : Math.max(rate, 1 - rate);
  if (demand.difference !== undefined && demand.difference > most) {
    const what = `no model differs by ${demand.difference} from one with ${rate}: between 0 and 1 it is ${most} at most`;
    throw new RectuneError('usage', what, 'rectune power', 'give --difference in the unit of the metric, as 0.02');
  }
  const errorOf = (count: number) => errorOfUsers(rates, count);
  const error = users === undefined ? null : errorOf(users);
  const counted = countedOut(errorOf, users ?? null, rowsPerUser, demand);
  const metric = auc === undefined ? (share === undefined ? 'mean of users' : 'share of rows') : 'AUC';
  const rows = users === undefined ? null : users * rowsPerUser;
  return { split: 'planned', metric, models: 'two models', seen: null, ...counted, error, users: users ?? null, rows };
}

function errorOfUsers(
  { auc, share, deviation, liked, correlation, rowsPerUser, similarity }: PlannedRates,
  users: number,
): number {
  if (deviation !== undefined) return deviation / Math.sqrt(users);
  const rows = (users * rowsPerUser) / (1 + (rowsPerUser - 1) * similarity);
  const variance =
    auc === undefined
      ? ((share as number) * (1 - (share as number))) / rows
      : plannedAucVariance(auc, rows * liked, rows * (1 - liked));
  return errorOfPair(variance, variance, correlation);
}

/** What is seen with the users there are, and how many the difference takes. */
function countedOut(
  errorOf: ((users: number) => number) | undefined,
  users: number | null,
  rowsPerUser: number,
  demand: PowerDemand,
): Pick<PowerPlan, 'visible' | 'usersNeeded' | 'rowsNeeded'> {
  const visible = errorOf === undefined || users === null ? null : visibleDifference(errorOf(users), demand);
  const usersNeeded =
    errorOf === undefined || demand.difference === undefined
      ? null
      : (unitsNeeded(errorOf, demand.difference, demand) ?? null);
  return { visible, usersNeeded, rowsNeeded: usersNeeded === null ? null : Math.ceil(usersNeeded * rowsPerUser) };
}
