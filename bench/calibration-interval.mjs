// How often the interval of the expected calibration error holds the truth, by how many users there are, whether one has several rows, and how well the model
// is calibrated: its log-odds are a score times s, from too flat to too steep. Called by statistics.mjs.
import { calibrationErrorByUsers } from '../dist/eval/metrics/calibration.js';
import { distanceEstimate } from '../dist/eval/statistics/distance-interval.js';
import { indexUsers } from '../dist/eval/statistics/user-index.js';
import { onAllUsers } from '../dist/eval/statistics/user-statistic.js';
import { oneRow, severalRows, simulate } from './invented-users.mjs';

const STEEPNESS = [0.4, 0.55, 0.7, 1, 2];
const USERS = [30, 50, 100, 200, 400];
const KINDS = [
  { rows: 'several', rowsOf: severalRows },
  { rows: 'one', rowsOf: oneRow },
];

function statisticOf({ users, labels, scores }, steepness) {
  const index = indexUsers(users);
  const probabilities = scores.map((score) => 1 / (1 + Math.exp(-steepness * score)));
  return { index, statistic: calibrationErrorByUsers(probabilities, labels.map(Number), index) };
}

/** say  told of each kind: what it is, { held, below, above } as shares (below: the truth lies below the interval), mean width */
export function calibrationIntervals({ simulations, resamples, truthUsers }, say) {
  for (const { rows, rowsOf } of KINDS) {
    const many = simulate(1, truthUsers, rowsOf);
    const truths = STEEPNESS.map((steepness) => {
      const { index, statistic } = statisticOf(many, steepness);
      return onAllUsers(statistic, index);
    });
    for (const users of USERS) {
      const counts = STEEPNESS.map(() => ({ below: 0, above: 0, width: 0 }));
      for (let simulation = 0; simulation < simulations; simulation++) {
        const made = simulate(1000 + simulation, users, rowsOf);
        STEEPNESS.forEach((steepness, kind) => {
          const { index, statistic } = statisticOf(made, steepness);
          const settings = { resamples, bootstrapSeed: simulation, level: 0.95 };
          const { low, high } = distanceEstimate(statistic, index.count, settings);
          if (truths[kind] < low) counts[kind].below += 1;
          if (truths[kind] > high) counts[kind].above += 1;
          counts[kind].width += high - low;
        });
      }
      counts.forEach(({ below, above, width }, kind) => {
        const held = 1 - (below + above) / simulations;
        const what = { rows, users, steepness: STEEPNESS[kind], truth: truths[kind] };
        say(what, { held, below: below / simulations, above: above / simulations, width: width / simulations });
      });
    }
  }
}
