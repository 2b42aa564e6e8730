import { Random } from '../../core/random.js';
import type { ReportOptions } from '../../core/report.js';
import { finished, type RatioStatistic } from './ratio-statistic.js';

const WORD = 32;
const SAME = 1e-12; // of the seen difference: the same sum in another order

/**
 * Permutation test by user: if two models were equally good for each user, their outputs could be exchanged user by user. The p value is the share of such
 * exchanges whose difference is at least as large, either way, as the one that was seen. All 2^users exchanges where they are no more than the resamples,
 * else as many random ones, with the seen one counted among them.
 *
 * first, second  the same metric of two models on the same users
 * returns        within (0, 1]; undefined where the metric is not defined on all users
 * source         Fisher 1935, "The Design of Experiments"; Phipson and Smyth 2010, doi:10.2202/1544-6115.1585 (p values are never 0)
 */
export function swapTest(
  first: RatioStatistic,
  second: RatioStatistic,
  { resamples, bootstrapSeed }: Pick<ReportOptions, 'resamples' | 'bootstrapSeed'>,
): number | undefined {
  const exchange = exchangeOf(first, second);
  const seen = exchange.difference(() => 0);
  if (seen === undefined) return undefined;
  const isAsLarge = (words: (word: number) => number) =>
    Math.abs(exchange.difference(words) ?? 0) >= Math.abs(seen) * (1 - SAME);
  const all = 2 ** exchange.users;
  if (all <= resamples) {
    let large = 0;
    for (let which = 0; which < all; which++) if (isAsLarge(() => which)) large += 1;
    return large / all;
  }
  const random = new Random(bootstrapSeed, 'exchanges of users');
  let large = 1;
  for (let draw = 0; draw < resamples; draw++) if (isAsLarge(() => random.coins())) large += 1;
  return large / (resamples + 1);
}

/** The difference of the two models when some users' outputs are exchanged; users for whom both are the same do not count. */
function exchangeOf(first: RatioStatistic, second: RatioStatistic) {
  const [tops, bottoms]: [number[], number[]] = [[], []]; // what the first model's sums gain when a user is exchanged
  const sums = { top: [0, 0], bottom: [0, 0] } as { top: [number, number]; bottom: [number, number] };
  first.tops.forEach((top, user) => {
    const bottom = first.bottoms[user] as number;
    const [otherTop, otherBottom] = [second.tops[user] as number, second.bottoms[user] as number];
    sums.top = [sums.top[0] + top, sums.top[1] + otherTop];
    sums.bottom = [sums.bottom[0] + bottom, sums.bottom[1] + otherBottom];
    if (top === otherTop && bottom === otherBottom) return;
    tops.push(otherTop - top);
    bottoms.push(otherBottom - bottom);
  });
  const [ofTops, ofBottoms] = [Float64Array.from(tops), Float64Array.from(bottoms)];
  return {
    users: ofTops.length,
    /** words  32 exchanges each, the lowest bit first */
    difference(words: (word: number) => number): number | undefined {
      let top = 0;
      let bottom = 0;
      let word = 0;
      for (let user = 0; user < ofTops.length; user++) {
        if (user % WORD === 0) word = words(user / WORD);
        const isExchanged = word & 1;
        word >>>= 1;
        top += isExchanged * (ofTops[user] as number);
        bottom += isExchanged * (ofBottoms[user] as number);
      }
      const one = finished(sums.top[0] + top, sums.bottom[0] + bottom, first.finish);
      const other = finished(sums.top[1] - top, sums.bottom[1] - bottom, second.finish);
      return one === undefined || other === undefined ? undefined : one - other;
    },
  };
}
