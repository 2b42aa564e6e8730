import { RectuneError } from '../core/errors.js';
import { Random } from '../core/random.js';

/**
 * Draws the rows of a few-shot run: `shots` of the rows 0 ... rows-1, without replacement, in ascending order (the order
 * of training is the trainer's matter). With one seed, fewer shots are a subset of more shots.
 *
 * throws RectuneError (usage) when there are fewer rows than shots
 */
export function drawShots(shots: number, rows: number, seed: number): number[] {
  if (shots > rows) {
    const fix = `use at most ${rows}, or leave --shots out to train on every row`;
    throw new RectuneError('usage', `${shots} shots asked for, but train has ${rows} rows`, '--shots', fix);
  }
  const order = new Random(seed, 'shots').shuffle(Array.from({ length: rows }, (_, row) => row));
  return order.slice(0, shots).sort((a, b) => a - b);
}
