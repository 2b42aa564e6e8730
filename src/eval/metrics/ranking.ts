import type { RankedList } from './ranked-list.js';

// Each function is of one row's list; a metric is the mean over rows, and is not defined without rows. All are expected values over random tie breaks
// (ranked-list.ts), and not defined where the list has nothing relevant: there is nothing to find, which is not the same as finding nothing.
// n, s, r, c: candidates before a group, its size, its relevant ones, the relevant ones before it.

/**
 * HR@K: 1 when a relevant candidate is among the K best, else 0. With one target it equals Recall@K; HR@1 is the accuracy of a choice.
 * The group that crosses the cutoff shows none of its r with probability C(s - r, m) / C(s, m), m = K - n.
 *
 * k       cutoff, from 1
 * returns [0, 1]
 * source  Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms", doi:10.1145/963770.963776
 */
export function hitRate(list: RankedList, k: number): number | undefined {
  if (list.relevant === 0) return undefined;
  let before = 0;
  for (const { size, relevant } of list.groups) {
    const shown = Math.min(size, k - before);
    if (shown <= 0) return 0;
    if (relevant > 0) {
      let none = 1;
      for (let i = 0; i < shown; i++) none *= Math.max(0, size - relevant - i) / (size - i);
      return 1 - none; // a later group begins behind this one: it is whole, or it crosses the cutoff
    }
    before += size;
  }
  return 0;
}

/**
 * Recall@K: share of the relevant candidates that are among the K best.
 *
 * returns [0, 1]; below 1 also for a perfect order when more than K are relevant
 * source  Herlocker et al. 2004, "Evaluating Collaborative Filtering Recommender Systems", doi:10.1145/963770.963772
 */
export function recall(list: RankedList, k: number): number | undefined {
  return list.relevant === 0 ? undefined : relevantAmong(list, k) / list.relevant;
}

/**
 * Precision@K: relevant candidates among the K best, divided by K, also where the list is shorter.
 *
 * returns [0, 1]; with one target it is HR@K / K
 * source  Herlocker et al. 2004, doi:10.1145/963770.963772
 */
export function precision(list: RankedList, k: number): number | undefined {
  return list.relevant === 0 ? undefined : relevantAmong(list, k) / k;
}

/**
 * NDCG@K with gains of 1: DCG / ideal DCG, DCG = sum of 1 / log2(rank + 1) over the relevant ranks up to K, the ideal order has min(relevant, K) of them
 * first. With one target it is 1 / log2(rank + 1).
 *
 * returns [0, 1]
 * source  Jarvelin and Kekalainen 2002, "Cumulated Gain-Based Evaluation of IR Techniques", doi:10.1145/582415.582418
 */
export function ndcg(list: RankedList, k: number): number | undefined {
  if (list.relevant === 0) return undefined;
  const discount = (rank: number) => 1 / Math.log2(rank + 1);
  let ideal = 0;
  for (let rank = 1; rank <= Math.min(list.relevant, k); rank++) ideal += discount(rank);
  return overRanks(list, k, ({ rank, chance }) => chance * discount(rank)) / ideal;
}

/**
 * Reciprocal rank: 1 / rank of the first relevant candidate, 0 when that lies beyond K. Its mean over rows is MRR.
 * In the first group that has relevant ones the first of them stands at place j with probability C(s - j, r - 1) / C(s, r).
 *
 * k       cutoff; none without it
 * returns [0, 1]
 * source  Voorhees 1999, "The TREC-8 Question Answering Track Report"
 */
export function reciprocalRank(list: RankedList, k = Number.POSITIVE_INFINITY): number | undefined {
  if (list.relevant === 0) return undefined;
  let before = 0;
  for (const { size, relevant } of list.groups) {
    if (relevant > 0) {
      let sum = 0;
      let noneYet = 1; // chance that none of the first j - 1 is relevant
      for (let j = 1; j <= size - relevant + 1 && before + j <= k; j++) {
        const here = relevant / (size - j + 1);
        sum += (noneYet * here) / (before + j);
        noneYet *= 1 - here;
      }
      return sum;
    }
    before += size;
  }
  return 0;
}

/**
 * Average precision: the mean, over the relevant candidates, of the precision at their rank; those beyond K add 0. Divided by min(relevant, K), so that a
 * perfect order has 1. Its mean over rows is MAP; with one target it is the reciprocal rank.
 * At place i of a group the expected precision, given that a relevant one stands there, is (c + 1 + (i - 1)(r - 1) / (s - 1)) / (n + i).
 *
 * k       cutoff; none without it
 * returns [0, 1]
 * source  Buckley and Voorhees 2000, "Evaluating Evaluation Measure Stability", doi:10.1145/345508.345543
 */
export function averagePrecision(list: RankedList, k = Number.POSITIVE_INFINITY): number | undefined {
  if (list.relevant === 0) return undefined;
  const sum = overRanks(list, k, ({ rank, place, chance, size, relevant, found }) => {
    const others = size === 1 ? 0 : ((place - 1) * (relevant - 1)) / (size - 1);
    return (chance * (found + 1 + others)) / rank;
  });
  return sum / Math.min(list.relevant, k);
}

/**
 * Rank-biased precision: (1 - p) * sum of p^(rank - 1) over the relevant ranks: what a reader finds a look who goes on to the next candidate
 * with probability p. Over the whole list, so p says how deep it looks: 1 / (1 - p) candidates on average.
 *
 * persistence p, within (0, 1)
 * returns     [0, 1); a single target at rank 1 gives 1 - p, the most that one target can give
 * source      Moffat and Zobel 2008, "Rank-Biased Precision for Measurement of Retrieval Effectiveness", doi:10.1145/1416950.1416952
 */
export function rankBiasedPrecision(list: RankedList, persistence: number): number | undefined {
  if (!(persistence > 0 && persistence < 1)) throw new RangeError(`persistence ${persistence} is not within (0, 1)`);
  if (list.relevant === 0) return undefined;
  let before = 0;
  let sum = 0;
  for (const { size, relevant } of list.groups) {
    sum += (relevant / size) * (persistence ** before - persistence ** (before + size)); // (1 - p) p^n (1 + ... + p^(s - 1)) = p^n - p^(n + s)
    before += size;
  }
  return sum;
}

/** Expected number of relevant candidates among the k best. */
function relevantAmong(list: RankedList, k: number): number {
  let before = 0;
  let sum = 0;
  for (const { size, relevant } of list.groups) {
    sum += (relevant * Math.max(0, Math.min(size, k - before))) / size;
    before += size;
  }
  return sum;
}

/** A rank, and what is known of the candidate that a random tie break puts there. */
interface Rank {
  readonly rank: number; // from 1
  readonly chance: number; // that it is relevant
  readonly place: number; // in its group, from 1
  readonly size: number; // of its group
  readonly relevant: number; // in its group
  readonly found: number; // relevant ones in the groups before
}

/** Sum over the ranks up to k that may be relevant. */
function overRanks({ groups }: RankedList, k: number, value: (rank: Rank) => number): number {
  let before = 0;
  let found = 0;
  let sum = 0;
  for (const { size, relevant } of groups) {
    if (relevant > 0) {
      for (let place = 1; place <= size && before + place <= k; place++) {
        sum += value({ rank: before + place, chance: relevant / size, place, size, relevant, found });
      }
    }
    before += size;
    found += relevant;
  }
  return sum;
}
