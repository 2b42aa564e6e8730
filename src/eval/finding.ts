import type { Estimate, Finding } from '../core/report.js';

/**
 * What the interval of a paired difference allows to say: "beats" and "worse" only when it excludes 0; one that touches 0 decides nothing.
 *
 * better  which values of the metric are good
 */
export function findingOf(better: 'higher' | 'lower', { low, high }: Pick<Estimate, 'low' | 'high'>): Finding {
  if (low === null || high === null) return 'not-defined';
  const sign = better === 'higher' ? 1 : -1;
  if (Math.min(sign * low, sign * high) > 0) return 'beats';
  if (Math.max(sign * low, sign * high) < 0) return 'worse';
  return 'undecided';
}
