import { expectedOverTies, type TargetRank } from './target-rank.js';

// Each function is of one row with one target; a metric is the mean over rows, and is not defined without rows.

/**
 * HR@K: 1 when the target is among the K best, else 0. With one target it equals Recall@K; HR@1 is the accuracy of a choice.
 *
 * k       cutoff, from 1
 * returns [0, 1]; between 0 and 1 only where ties cross the cutoff (expected value over random tie breaks)
 * source  Deshpande and Karypis 2004, "Item-Based Top-N Recommendation Algorithms", doi:10.1145/963770.963776
 */
export function hitRate(rank: TargetRank, k: number): number {
  return expectedOverTies(rank, (place) => (place <= k ? 1 : 0));
}

/**
 * NDCG@K with one target of gain 1: 1 / log2(rank + 1) when rank <= K, else 0; the ideal order has 1 / log2(2) = 1.
 *
 * returns [0, 1], the expected value over random tie breaks
 * source  Jarvelin and Kekalainen 2002, "Cumulated Gain-Based Evaluation of IR Techniques", doi:10.1145/582415.582418
 */
export function ndcg(rank: TargetRank, k: number): number {
  return expectedOverTies(rank, (place) => (place <= k ? 1 / Math.log2(place + 1) : 0));
}

/**
 * Reciprocal rank: 1 / rank of the target. Its mean over rows is MRR.
 *
 * returns (0, 1], the expected value over random tie breaks
 * source  Voorhees 1999, "The TREC-8 Question Answering Track Report"
 */
export function reciprocalRank(rank: TargetRank): number {
  return expectedOverTies(rank, (place) => 1 / place);
}
