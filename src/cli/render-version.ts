import { describeChecks } from '../core/build-checks.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { SPLITS } from '../core/instruction.js';
import { labelOfVersion } from '../core/label-rule.js';
import { renderTable } from './render-table.js';

export function renderVersion(version: DatasetVersion & { unchanged: boolean }): string {
  const { name, hash, counts, split, unchanged } = version;
  const rows = SPLITS.map((part) => [
    part,
    String(counts[part]),
    String(counts.users[part]),
    String(counts.liked[part]),
  ]);
  return [
    `version ${name} ${hash.slice(0, 12)}${unchanged ? ' (was sealed before, unchanged)' : ''}`,
    renderTable(['split', 'rows', 'users', 'liked'], rows),
    ...[labelOfVersion(version)].filter((line) => line !== undefined),
    `split ${split.kind}: ${split.leaks}`,
    ...describeChecks(version),
    ...Object.entries(version.texts?.named ?? {}).map(
      ([slot, { askedAgain, byRule }]) =>
        `${slot}: ${askedAgain} texts of the model named a title and were asked for again; ${byRule} of them are by rule`,
    ),
  ].join('\n');
}
