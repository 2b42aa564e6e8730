import type { TextSet } from '../core/text-set.js';

export function renderTexts({ sourceId, of, name, counts, unchanged }: TextSet & { unchanged: boolean }): string {
  const { taken, without, empty, unknown, rejects } = counts;
  return [
    `texts ${name} of ${sourceId}: ${taken} of its ${taken + without} ${of}s${unchanged ? ' (in the store already, unchanged)' : ''}`,
    ...(rejects > 0
      ? [
          `  ${rejects} rows were not taken, ${empty} of them empty and ${unknown} with an unknown id: ` +
            `rectune rejects ${sourceId} --of ${of} --as ${name}`,
        ]
      : []),
  ].join('\n');
}
