import type { SeenRow } from '../../core/report-rows.js';
import { logLoss } from '../metrics/log-loss.js';

/** How far a model is off that said so much of a row: nats of a judgement; the rank of the target; the distance of the ratings; nats a token. */
export function offBy({ came }: Pick<SeenRow, 'came'>, said: number): number {
  if (typeof came === 'boolean') return logLoss([said], [came]) as number;
  return came === null ? said : Math.abs(said - came);
}
