// Users that are invented for simulations of test sets: who differ in how much they like and in how well a score sees them.
import { Random } from '../dist/core/random.js';

export const severalRows = (random) => 2 + random.integer(13);
export const oneRow = () => 1;

/** Rows of users in order: labels, the scores of a model, and of a twin that is exactly as good. */
export function simulate(seed, userCount, rowsOf) {
  const random = new Random(seed, 'statistics bench');
  const made = { users: [], labels: [], scores: [], twin: [] };
  for (let user = 0; user < userCount; user++) {
    const likes = 1.2 * random.normal();
    const [seen, seenByTwin] = [0.4 * random.normal(), 0.4 * random.normal()];
    for (let row = rowsOf(random); row > 0; row--) {
      const liking = likes + random.normal();
      made.users.push(String(user));
      made.labels.push(random.uniform() < 1 / (1 + Math.exp(-liking)));
      made.scores.push(0.8 * liking + seen + 0.9 * random.normal());
      made.twin.push(0.8 * liking + seenByTwin + 0.9 * random.normal());
    }
  }
  return made;
}
