/** Candidates of the same score: which of them comes first is left open. */
export interface TieGroup {
  readonly size: number; // from 1
  readonly relevant: number; // of them, how many the user wanted
}

/**
 * Candidates by falling score, those of equal score together. With a random tie break every order within a group is as likely as another, and metrics are
 * expected values over these orders: a model that gives all candidates the same score gets what chance gets, wherever the target stands in the list.
 *
 * source  McSherry and Najork 2008, "Computing Information Retrieval Performance Measures Efficiently in the Presence of Tied Scores",
 *         doi:10.1007/978-3-540-78646-7_38
 */
export interface RankedList {
  readonly groups: readonly TieGroup[]; // what comes after the last relevant candidate may be left out
  readonly relevant: number; // in all groups
}

/**
 * scores    one a candidate, any finite unit, higher is better
 * relevant  one a candidate; none or several may be true
 * throws    RangeError on unequal lengths or a score that is not finite
 */
export function rankedList(scores: readonly number[], relevant: readonly boolean[]): RankedList {
  if (scores.length !== relevant.length) {
    throw new RangeError(`${scores.length} scores do not fit ${relevant.length} candidates`);
  }
  checkFinite(scores);
  const order = scores.map((_, place) => place).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const groups: { size: number; relevant: number }[] = [];
  let before: number | undefined;
  for (const place of order) {
    const score = scores[place] as number;
    if (score !== before) groups.push({ size: 0, relevant: 0 });
    before = score;
    const group = groups.at(-1) as { size: number; relevant: number };
    group.size += 1;
    if (relevant[place]) group.relevant += 1;
  }
  return { groups, relevant: groups.reduce((sum, group) => sum + group.relevant, 0) };
}

/**
 * The list of one relevant candidate, the target, without sorting: what stands below it decides nothing and is left out.
 *
 * throws  RangeError when there is no such place, or a score is not finite
 */
export function targetRank(scores: readonly number[], target: number): RankedList {
  const own = scores[target];
  if (own === undefined) throw new RangeError(`place ${target} is not one of ${scores.length} candidates`);
  checkFinite(scores);
  const above = scores.filter((score) => score > own).length;
  const tied = scores.filter((score) => score === own).length;
  const better = above === 0 ? [] : [{ size: above, relevant: 0 }];
  return { groups: [...better, { size: tied, relevant: 1 }], relevant: 1 };
}

function checkFinite(scores: readonly number[]): void {
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken >= 0) throw new RangeError(`score ${scores[broken]} of candidate ${broken} is not finite`);
}
