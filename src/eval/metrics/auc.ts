import { checkRows, indexUsers, onAllUsers, type UserIndex, type UserStatistic } from './user-index.js';

/**
 * Area under the ROC curve: the chance that a random positive outscores a random negative.
 * Ties count one half (average ranks), so the value equals Mann-Whitney U / (P * N).
 *
 * scores  any finite unit, higher means "more likely to like"; length n
 * labels  true = positive; length n, same order as scores
 * returns [0, 1], or undefined when a class is absent: AUC is then not defined, and not 0.5
 * throws  RangeError on unequal lengths or a score that is not finite
 * source  Fawcett 2006, "An introduction to ROC analysis", doi:10.1016/j.patrec.2005.10.010
 */
export function auc(scores: readonly number[], labels: readonly boolean[]): number | undefined {
  const rows = indexUsers(scores.map((_, row) => String(row))); // each row for itself
  return onAllUsers(aucByUsers(scores, labels, rows), rows);
}

/**
 * AUC over the pooled rows of any multiset of users. Scores are sorted once; a multiset then costs one pass over the rows.
 * Rows of one user are compared with rows of the others too, so a model may gain by knowing who likes much (UAUC does not).
 */
export function aucByUsers(scores: readonly number[], labels: readonly boolean[], users: UserIndex): UserStatistic {
  checkRows(scores, labels);
  const order = scores.map((_, row) => row).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  const userAt = Uint32Array.from(order, (row) => users.ofRow[row] as number);
  const likedAt = Uint8Array.from(order, (row) => (labels[row] ? 1 : 0));
  const lastOfTie = Uint8Array.from(order, (row, place) => (scores[order[place + 1] ?? -1] === scores[row] ? 0 : 1));
  return (times) => {
    let twiceWins = 0; // pairs won count 2 and ties 1, so that every sum stays a whole number
    let liked = 0;
    let below = 0; // not liked, score below the current tie
    let tiedLiked = 0;
    let tiedOther = 0;
    for (let place = 0; place < userAt.length; place++) {
      const taken = times[userAt[place] as number] as number;
      if (likedAt[place]) tiedLiked += taken;
      else tiedOther += taken;
      if (lastOfTie[place]) {
        twiceWins += tiedLiked * (2 * below + tiedOther);
        liked += tiedLiked;
        below += tiedOther;
        tiedLiked = 0;
        tiedOther = 0;
      }
    }
    return liked === 0 || below === 0 ? undefined : twiceWins / (2 * liked * below);
  };
}
