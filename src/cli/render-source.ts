import { describeLabel } from '../core/label-rule.js';
import type { Source } from '../core/source.js';

export function renderSource(source: Source & { unchanged: boolean }): string {
  const { id, title, counts, files, warnings, unchanged } = source;
  return [
    `source ${id}: ${title}${unchanged ? ' (in the store already, unchanged)' : ''}`,
    `  ${counts.interactions} interactions of ${counts.users} users with ${counts.items} items`,
    ...files.map(({ name, rows, rejects }) => `  ${name}: ${rows} rows${rejects > 0 ? `, ${rejects} rejected` : ''}`),
    ...(source.label ? [`  ${describeLabel(source.label)} (for recipes that say nothing else)`] : []),
    ...(counts.rejects > 0 ? [`  ${counts.rejects} rows could not be read: rectune rejects ${id}`] : []),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ].join('\n');
}
