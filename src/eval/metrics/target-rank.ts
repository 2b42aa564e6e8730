/**
 * Where a target stands among its candidates by score, the ties left open: with a random tie break its rank is any of
 * above + 1, ..., above + tied + 1, each as likely as the other. Metrics on ranks are expected values over it, so that a model which gives all candidates
 * the same score gets what chance gets, wherever the target stands in the list.
 *
 * source  McSherry and Najork 2008, "Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores",
 *         doi:10.1007/978-3-540-78646-7_38
 */
export interface TargetRank {
  readonly above: number; // candidates with a higher score
  readonly tied: number; // others with the same score
}

/**
 * scores  one a candidate, any finite unit, higher is better
 * target  place of the target in scores
 * throws  RangeError when there is no such place, or a score is not finite
 */
export function targetRank(scores: readonly number[], target: number): TargetRank {
  const own = scores[target];
  if (own === undefined) throw new RangeError(`place ${target} is not one of ${scores.length} candidates`);
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken >= 0) throw new RangeError(`score ${scores[broken]} of candidate ${broken} is not finite`);
  const above = scores.filter((score) => score > own).length;
  return { above, tied: scores.filter((score) => score === own).length - 1 };
}

/** Mean of a value of a rank (from 1) over the ranks that a random tie break may give. */
export function expectedOverTies({ above, tied }: TargetRank, ofRank: (rank: number) => number): number {
  let sum = 0;
  for (let rank = above + 1; rank <= above + tied + 1; rank++) sum += ofRank(rank);
  return sum / (tied + 1);
}
