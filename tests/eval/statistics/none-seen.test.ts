import { expect, it } from 'vitest';
import { largestUnseenShare } from '../../../src/eval/statistics/none-seen.js';

it.each([
  { users: 1, level: 0.95, share: 0.975 },
  { users: 10, level: 0.95, share: 0.308497 },
  { users: 50, level: 0.95, share: 0.071122 },
  { users: 50, level: 0.99, share: 0.100545 },
])('of $users users without a hit up to $share could have one (level $level)', ({ users, level, share }) => {
  expect(largestUnseenShare(users, level)).toBeCloseTo(share, 6); // the upper end of Clopper and Pearson's interval
  let none = 1;
  for (let user = 0; user < users; user++) none *= 1 - largestUnseenShare(users, level);
  expect(none).toBeCloseTo((1 - level) / 2, 12); // the chance that so many show none
});
