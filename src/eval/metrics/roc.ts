import { checkRows } from './check-rows.js';

/**
 * The ROC curve: for every threshold, the share of the not liked (x) and of the liked (y) that score at or above it.
 * One corner a distinct score; equal scores make one slanted piece, so the area below equals AUC with ties half.
 * Corners on a straight line between their neighbours are left out.
 *
 * returns points from [0, 0] to [1, 1], both rising; undefined when a class is absent
 * throws  RangeError on unequal lengths or a score that is not finite
 * source  Fawcett 2006, doi:10.1016/j.patrec.2005.10.010
 */
export function roc(scores: readonly number[], labels: readonly boolean[]): [number, number][] | undefined {
  checkRows(scores, labels);
  const liked = labels.filter((label) => label).length;
  const others = labels.length - liked;
  if (liked === 0 || others === 0) return undefined;
  const order = scores.map((_, row) => row).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  const corners: [number, number][] = [[0, 0]]; // whole counts, so that "on a line" is exact
  let x = 0;
  let y = 0;
  order.forEach((row, place) => {
    if (labels[row]) y += 1;
    else x += 1;
    if (scores[order[place + 1] ?? -1] === scores[row]) return;
    const last = corners.at(-1);
    const before = corners.at(-2);
    if (last && before && (last[0] - before[0]) * (y - last[1]) === (x - last[0]) * (last[1] - before[1])) {
      corners.pop();
    }
    corners.push([x, y]);
  });
  return corners.map(([falseLikes, trueLikes]) => [falseLikes / others, trueLikes / liked]);
}
