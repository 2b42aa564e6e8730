import type { ContestMetric } from '../eval/contest/contest.js';

/** Why figures are missing: a line for each reason; none where all are there. */
export function undefinedNote(metrics: readonly ContestMetric[]): string[] {
  const reasons = [...new Set(metrics.flatMap(({ undefinedWhen }) => undefinedWhen ?? []))];
  return reasons.map((reason) => {
    const titles = metrics.filter(({ undefinedWhen }) => undefinedWhen === reason).map(({ title }) => title);
    return `not defined: ${titles.join(', ')}, because ${reason}`;
  });
}
