import type { UserIndex } from './user-index.js';

/**
 * AUC over the pooled rows of the taken users, ready to be counted in one pass without a branch: rows by rising score, of equal scores the liked ones first.
 * All sums are whole numbers, so no order of the rows changes a bit of the result.
 */
export interface AucStatistic {
  readonly kind: 'auc';
  readonly user: Uint32Array; // of each place
  readonly likedMask: Int32Array; // of each place: -1 liked, 0 not
  readonly tie: Uint32Array; // of each place: number of its group of equal scores
  readonly mixedTies: Uint32Array; // start and end of each group that holds both labels, one after the other
}

/** scores and labels in the order of the index's rows */
export function aucStatistic(scores: readonly number[], labels: readonly boolean[], users: UserIndex): AucStatistic {
  const order = scores
    .map((_, row) => row)
    .sort((a, b) => (scores[a] as number) - (scores[b] as number) || Number(labels[b]) - Number(labels[a]));
  const tie = new Uint32Array(order.length);
  const mixed: number[] = [];
  let start = 0;
  order.forEach((row, place) => {
    const isFirst = place === 0 || scores[order[place - 1] as number] !== scores[row];
    if (isFirst) start = place;
    tie[place] = place === 0 ? 0 : (tie[place - 1] as number) + (isFirst ? 1 : 0);
    const isLast = place + 1 === order.length || scores[order[place + 1] as number] !== scores[row];
    if (isLast && labels[order[start] as number] !== labels[row]) mixed.push(start, place + 1);
  });
  return {
    kind: 'auc',
    user: Uint32Array.from(order, (row) => users.ofRow[row] as number),
    likedMask: Int32Array.from(order, (row) => (labels[row] ? -1 : 0)),
    tie,
    mixedTies: Uint32Array.from(mixed),
  };
}

/** times  how often each user is taken */
export function aucValue({ user, likedMask, mixedTies }: AucStatistic, times: Uint32Array): number | undefined {
  let wins = 0;
  let liked = 0;
  let below = 0; // not liked, at a lower score: of equal ones the liked come first
  for (let place = 0; place < user.length; place++) {
    const taken = times[user[place] as number] as number;
    const takenLiked = taken & (likedMask[place] as number);
    below += taken - takenLiked;
    liked += takenLiked;
    wins += takenLiked * below;
  }
  let tied = 0; // pairs of equal score
  for (let group = 0; group < mixedTies.length; group += 2) {
    let all = 0;
    let ownLiked = 0;
    for (let place = mixedTies[group] as number; place < (mixedTies[group + 1] as number); place++) {
      const taken = times[user[place] as number] as number;
      all += taken;
      ownLiked += taken & (likedMask[place] as number);
    }
    tied += ownLiked * (all - ownLiked);
  }
  return liked === 0 || below === 0 ? undefined : (2 * wins + tied) / (2 * liked * below);
}

/**
 * AUC without each user in turn, in one pass: the pairs that a user is part of are taken off, those with itself only once.
 *
 * returns one a user; undefined where a label is absent without that user
 */
export function aucWithoutEach(statistic: AucStatistic, userCount: number): (number | undefined)[] {
  const { user, likedMask, tie } = statistic;
  const pairs = new Float64Array(userCount); // twice the wins of pairs in which the user has a row, pairs of two own rows counted twice
  const all = countPlaces(statistic, (place, twice) => {
    const owner = user[place] as number;
    pairs[owner] = (pairs[owner] as number) + twice;
  });
  const places = placesOfUsers(user, userCount);
  return Array.from(places, (own, owner) => {
    const part = {
      ...statistic,
      user: user.subarray(0, own.length),
      likedMask: Int32Array.from(own, (place) => likedMask[place] as number),
      tie: Uint32Array.from(own, (place) => tie[place] as number),
    };
    const inside = countPlaces(part, () => {});
    const [liked, others] = [all.liked - inside.liked, all.others - inside.others];
    if (liked === 0 || others === 0) return undefined;
    return (all.twiceWins - (pairs[owner] as number) + inside.twiceWins) / (2 * liked * others);
  });
}

/**
 * Twice the wins of all pairs, each row once.
 *
 * ofPlace  told, for each place, twice the wins of the pairs that it is part of
 */
function countPlaces(
  { likedMask, tie }: Pick<AucStatistic, 'likedMask' | 'tie'>,
  ofPlace: (place: number, twiceWins: number) => void,
): { twiceWins: number; liked: number; others: number } {
  const liked = likedMask.reduce((sum, mask) => sum - mask, 0);
  let likedBelow = 0;
  let othersBelow = 0;
  let twiceWins = 0;
  for (let start = 0; start < tie.length; ) {
    let end = start;
    let likedHere = 0;
    while (end < tie.length && tie[end] === tie[start]) likedHere -= likedMask[end++] as number;
    const othersHere = end - start - likedHere;
    const ofLiked = 2 * othersBelow + othersHere;
    const ofOther = 2 * (liked - likedBelow - likedHere) + likedHere;
    for (let place = start; place < end; place++) ofPlace(place, likedMask[place] ? ofLiked : ofOther);
    twiceWins += likedHere * ofLiked;
    likedBelow += likedHere;
    othersBelow += othersHere;
    start = end;
  }
  return { twiceWins, liked, others: othersBelow };
}

/** Places of each user, rising. */
function placesOfUsers(user: Uint32Array, userCount: number): number[][] {
  const places = Array.from({ length: userCount }, (): number[] => []);
  user.forEach((owner, place) => {
    places[owner]?.push(place);
  });
  return places;
}
