import { PAIRED_TESTS, type PairedTests, type ReportOptions } from '../../core/report.js';
import type { AucStatistic } from './auc-statistic.js';
import { bootstrapTest } from './bootstrap-test.js';
import { delongInterval, delongTest, pairedAuc } from './delong.js';
import type { Distribution } from './distribution.js';
import { holm } from './holm.js';
import type { RatioStatistic } from './ratio-statistic.js';
import { swapTest } from './swap-test.js';
import type { UserStatistic } from './user-statistic.js';
import { wilcoxonTest } from './wilcoxon.js';

type Settings = Pick<ReportOptions, 'resamples' | 'bootstrapSeed' | 'interval'>;

const NONE = { bootstrap: null, permutation: null, wilcoxon: null, delong: null };

/**
 * Every test of the difference of two models that its metric and its rows allow; the corrected values are left to correctedForRivals.
 *
 * difference  resampled, of first minus second
 */
export function pairedTests(
  first: UserStatistic,
  second: UserStatistic,
  difference: Distribution,
  settings: Settings,
): PairedTests {
  const bootstrap = bootstrapTest(difference, settings) ?? null;
  const tests = { ...NONE, bootstrap, holm: NONE };
  if (first.kind === 'ratio' && second.kind === 'ratio') {
    return {
      ...tests,
      permutation: swapTest(first, second, settings) ?? null,
      wilcoxon: wilcoxonTest(differencesOfUsers(first, second)) ?? null,
    };
  }
  if (first.kind === 'auc' && second.kind === 'auc') return { ...tests, delong: delongOfRows(first, second) ?? null };
  return tests;
}

/** Each user's own figure of the first model minus that of the second; users without one of them are left out. */
function differencesOfUsers(first: RatioStatistic, second: RatioStatistic): number[] {
  return Array.from(first.tops, (top, user) => {
    const [bottom, otherBottom] = [first.bottoms[user] as number, second.bottoms[user] as number];
    return bottom === 0 || otherBottom === 0 ? undefined : top / bottom - (second.tops[user] as number) / otherBottom;
  }).filter((value) => value !== undefined);
}

/** DeLong's test, where each user has one row: rows of one user are not independent of each other. */
function delongOfRows(first: AucStatistic, second: AucStatistic): number | undefined {
  const paired = hasOneRowAUser(first)
    ? pairedAuc(orderOfUsers(first), orderOfUsers(second), labelsOfUsers(first))
    : undefined;
  return paired && delongTest(paired);
}

/** DeLong's interval of one AUC; undefined where a user has several rows, or a label fewer than two. */
export function delongIntervalOf(statistic: UserStatistic, level: number): { low: number; high: number } | undefined {
  if (statistic.kind !== 'auc' || !hasOneRowAUser(statistic)) return undefined;
  const order = orderOfUsers(statistic);
  const found = pairedAuc(order, order, labelsOfUsers(statistic));
  return found && delongInterval(found.first, found.firstVariance, level);
}

function hasOneRowAUser({ user }: AucStatistic): boolean {
  return new Set(user).size === user.length;
}

function labelsOfUsers({ user, likedMask }: AucStatistic): boolean[] {
  const labels: boolean[] = [];
  user.forEach((one, place) => {
    labels[one] = likedMask[place] !== 0;
  });
  return labels;
}

/** The place of each user's row in the order by score, the same for equal scores. */
function orderOfUsers({ user, tie }: AucStatistic): number[] {
  const order: number[] = [];
  user.forEach((one, place) => {
    order[one] = tie[place] as number;
  });
  return order;
}

interface Compared {
  readonly split: string;
  readonly metric: string;
  readonly tests: PairedTests;
}

/**
 * With the p values corrected for the number of models that the adapter was compared with by one metric on one split. Each test is a family of its own:
 * a model for which it could not be made does not count there.
 */
export function correctedForRivals<Difference extends Compared>(differences: readonly Difference[]): Difference[] {
  const family = ({ split, metric }: Compared) => `${split} ${metric}`;
  const corrected = new Map<Difference, PairedTests['holm']>();
  for (const name of new Set(differences.map(family))) {
    const members = differences.filter((one) => family(one) === name);
    const byTest = PAIRED_TESTS.map((test) => ({
      test,
      values: holm(members.map(({ tests }) => tests[test] ?? undefined)),
    }));
    members.forEach((one, place) => {
      const own = byTest.map(({ test, values }) => [test, values[place] ?? null]);
      corrected.set(one, Object.fromEntries(own) as PairedTests['holm']);
    });
  }
  return differences.map((one) => ({ ...one, tests: { ...one.tests, holm: corrected.get(one) ?? NONE } }));
}
