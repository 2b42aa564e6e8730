import { counted } from '../numbers.js';

/** Share of 95 % intervals of the calibration error that held the truth, least and most over ten kinds of simulated test sets: bench/results/2026-11-26-statistics.md. */
const HELD = [
  { users: 30, least: '93.8', most: '98.0' },
  { users: 50, least: '92.0', most: '99.8' },
  { users: 100, least: '95.5', most: '97.5' },
  { users: 200, least: '95.0', most: '98.5' },
  { users: 400, least: '94.5', most: '97.5' },
] as const;
const FEWEST = 20; // a test set of as many is not like one of 30

/** What simulations say of the interval of the calibration error with about so many users. */
export function simulatedCoverage(users: number): string {
  if (users < FEWEST)
    return `With ${counted(users, 'user')} nobody has measured how often it holds the truth: it is rough`;
  const distance = (of: number) => Math.abs(Math.log(of / users));
  const near = HELD.reduce((best, one) => (distance(one.users) < distance(best.users) ? one : best));
  return `In simulations of ${near.users} users ${near.least} to ${near.most} % of such 95 % intervals held the truth`;
}
