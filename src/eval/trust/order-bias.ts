import type { VariantAnswer } from '../../core/probe.js';
import type { OrderBias, TrustModel } from '../../core/report-trust.js';
import { softmax } from '../metrics/softmax.js';
import { distanceOfRows, type Gap } from '../statistics/distance-statistic.js';
import { difference } from '../statistics/distribution.js';
import { ratioOfRows } from '../statistics/ratio-statistic.js';
import type { Resampled } from '../tasks/compare-task.js';
import type { TaskRow } from '../tasks/task-rows.js';
import type { Judge } from './judge.js';
import type { KeptProbe } from './kept-probes.js';
import { retold } from './probed-rows.js';
import { toldOf } from './told.js';

/** What a model says of a list in one order. */
export interface Ordered {
  readonly places: readonly number[]; // by candidate: where it stood
  readonly shares: readonly number[]; // by candidate: its probability among them
}

/**
 * What each place adds to the probability of a candidate, of one row: the mean over the orders of (share of the candidate at the place - mean share of the same
 * candidate over all orders), which a model that looks at candidates alone leaves at 0 whatever it thinks of them. Where not all M orders were asked, the mean holds
 * the order itself too often, and the difference is too small by the factor (1 - 1 / m) M / (M - 1), m the orders that were; it is divided by that.
 *
 * orders   the row's own among them
 * returns  one a place; undefined for fewer than two orders
 */
export function placeEffects(orders: readonly Ordered[]): number[] | undefined {
  const [first] = orders;
  if (!first || orders.length < 2) return undefined;
  const n = first.shares.length;
  const mean = meanShares(orders);
  const effects = new Array<number>(n).fill(0);
  for (const { places, shares } of orders) {
    shares.forEach((share, candidate) => {
      const place = places[candidate] as number;
      effects[place] = (effects[place] as number) + share - (mean[candidate] as number);
    });
  }
  const m = orders.length;
  const inverseAll = 1 / factorial(n); // 0 for long lists
  const factor = (1 - 1 / m) / (1 - inverseAll);
  return effects.map((effect) => effect / m / factor);
}

/** By candidate: its probability, as a mean over the orders. */
export function meanShares(orders: readonly Ordered[]): number[] {
  const [first] = orders;
  return (first?.shares ?? []).map(
    (_, candidate) => orders.reduce((sum, { shares }) => sum + (shares[candidate] as number), 0) / orders.length,
  );
}

/** The orders that a model was asked a row in, its own first. */
export function ordersOf(row: TaskRow, answers: readonly VariantAnswer[], model: TrustModel): Ordered[] {
  const { scores } = toldOf(row, 'choice', model);
  const own = { places: scores.map((_, place) => place), shares: softmax(scores) };
  const others = answers.flatMap(({ places, [model]: said }) =>
    places === null || places.length !== scores.length ? [] : [{ places, shares: softmax(said) }],
  );
  return [own, ...others];
}

/** Bias and debiased figures of one model; to be read when all is asked for. */
export function askForOrderBias(
  resampled: Resampled,
  judge: Judge,
  rows: readonly TaskRow[],
  answersOfRow: (row: TaskRow) => readonly VariantAnswer[],
  model: TrustModel,
  kept: KeptProbe,
): () => OrderBias {
  const orders = rows.map((row) => ordersOf(row, answersOfRow(row), model));
  const effects = orders.map(placeEffects);
  const longest = Math.max(0, ...effects.map((one) => one?.length ?? 0));
  const gaps = effects.map((one) => (one ?? []).map((effect, part): Gap => ({ part, gap: effect / 2 })));
  const bias = distanceOfRows(gaps, (row) => (effects[row] ? 1 : 0), longest, judge.users);
  const places = Array.from({ length: longest }, (_, place) =>
    resampled.ask(
      ratioOfRows(
        effects.map((one) => one?.[place] ?? 0),
        effects.map((one) => (one?.[place] === undefined ? 0 : 1)),
        judge.users,
      ),
    ),
  );
  const all = rows.map((_, place) => place);
  const averaged = rows.map((row, place) => {
    const scores = meanShares(orders[place] as Ordered[]).map((share) => Math.log(Math.max(share, Number.MIN_VALUE)));
    return { ...row, [model]: retold(row, row[model], scores, kept) };
  });
  const plain = resampled.ask(judge.statistic(rows, model, all));
  const debiased = resampled.ask(judge.statistic(averaged, model, all));
  return () => ({
    bias: resampled.estimateOfDistance(bias),
    places: places.map((read) => resampled.estimate(read())),
    plain: resampled.estimate(plain()),
    debiased: resampled.estimate(debiased()),
    difference: resampled.estimate(difference(debiased(), plain())),
  });
}

function factorial(n: number): number {
  let product = 1;
  for (let i = 2; i <= n; i++) product *= i;
  return product; // Infinity beyond 170, whose inverse is 0
}
