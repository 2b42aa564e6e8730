import { checkRows } from './check-rows.js';

/**
 * Precision and recall for every threshold: of the rows that score at or above it, the share that is liked (y), and the share of all liked rows
 * that are among them (x). One point a distinct score; rows of equal score pass a threshold together, so a point is never a matter of their order.
 *
 * returns points by rising recall, the last one [1, share of liked rows]; undefined when no row is liked
 * throws  RangeError on unequal lengths or a score that is not finite
 * source  Davis and Goadrich 2006, "The relationship between Precision-Recall and ROC curves", doi:10.1145/1143844.1143874
 */
export function precisionRecall(scores: readonly number[], labels: readonly boolean[]): [number, number][] | undefined {
  checkRows(scores, labels);
  const liked = labels.filter((label) => label).length;
  if (liked === 0) return undefined;
  const order = scores.map((_, row) => row).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const points: [number, number][] = [];
  let found = 0;
  order.forEach((row, place) => {
    if (labels[row]) found += 1;
    if (scores[order[place + 1] ?? -1] === scores[row]) return;
    points.push([found / liked, found / (place + 1)]);
  });
  return points;
}
