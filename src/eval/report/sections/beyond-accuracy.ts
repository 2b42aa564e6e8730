import { titlesOf } from '../../../core/model-titles.js';
import type { Report } from '../../../core/report.js';
import type { TaskReport } from '../../../core/task-report.js';
import { counted, figure } from '../../numbers.js';
import { type Block, estimateCell, type Fact } from '../block.js';
import { modelColor } from '../plots/model-colors.js';
import { rowsAnchor } from '../row-anchor.js';

/** What the K best of the lists are like, whether or not they hold the target. Nothing for rows that are no lists. */
export function beyondAccuracy({ task, kind, list, beyond }: TaskReport, report: Report): Block[] {
  if (beyond === null) return [];
  const titles = titlesOf(report);
  const behind = rowsAnchor(report, { task, kind, split: 'test' });
  const { k, catalogue, models } = beyond;
  const named = (title: string) => `${title}@${k} (${list})`;
  return [
    {
      kind: 'table',
      table: {
        caption: `${task}, test: the ${k} best of each list, of ${counted(catalogue, 'item')} that stand in the lists`,
        head: ['model', ...TERMS.map(([title]) => named(title))],
        rows: models.map(({ model, coverage, gini, novelty, similarity, popularityLift }) => ({
          name: titles(model),
          color: modelColor(model),
          own: model === 'adapter',
          cells: [
            ...[coverage, gini].map((value) => ({ value: figure(value), rows: behind })),
            ...[novelty, similarity, popularityLift].map((estimate) => estimateCell(estimate, behind)),
          ],
        })),
      },
    },
    { kind: 'definitions', terms: [...TERMS] },
  ];
}

const TERMS: readonly Fact[] = [
  [
    'coverage',
    'share of those items that at least one list shows; grows with the number of lists, so it has no interval',
  ],
  [
    'Gini',
    'of how often the items are shown: 0 all alike, near 1 the same few in every list; no interval, as coverage',
  ],
  ['novelty', 'mean of -log2(interactions of a shown item / all interactions) in train, bits'],
  ['similarity', 'of two items that a list shows together: cosine of the users who met them in train, mean over pairs'],
  [
    'popularity lift',
    'mean popularity in train of what is shown against that of the shown history: 0 as popular, 1 twice as popular',
  ],
];
