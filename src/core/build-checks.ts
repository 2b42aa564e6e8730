import type { DatasetVersion } from './dataset-version.js';

/** What a build counted and let pass, in words, a line a kind; what there was none of is not said. */
export function describeChecks({ checks }: Pick<DatasetVersion, 'checks'>): string[] {
  if (checks === undefined) return [];
  const { leftOut, withoutRow = {}, lacked = {}, droppedTwins = 0, balanced = 0, twinPrompts } = checks;
  return [
    said('interactions left out', {
      'with rating 0': leftOut.zeroRatings,
      'of items without a title': leftOut.missingTitles,
      'outside the core': leftOut.core ?? 0,
    }),
    said('examples without a row, by what they lack', withoutRow),
    said('templates that gave way to another, by what the example lacked', lacked),
    said('rows left out', { 'whose prompt a later split holds': droppedTwins, 'of train by balance': balanced }),
    said('rows whose prompt an earlier split holds, too', { ...twinPrompts }),
  ].filter((line) => line !== undefined);
}

function said(what: string, counts: Readonly<Record<string, number>>): string | undefined {
  const there = Object.entries(counts).filter(([, count]) => count > 0);
  if (there.length === 0) return undefined;
  const all = there.reduce((sum, [, count]) => sum + count, 0);
  const parts = there.map(([kind, count]) => (there.length === 1 ? kind : `${count} ${kind}`));
  return `${what}: ${all} (${parts.join(', ')})`;
}
