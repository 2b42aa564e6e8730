import type { Finding, Report } from '../../../../core/report.js';
import { counted, figure, levelTitle, thousands } from '../../../numbers.js';
import { estimateCell, type Figure, type Part } from '../../block.js';
import { PROBE_TITLES } from './names.js';

/** Above chance is no gain here: it is what the base model may remember. */
const ASIDES: Readonly<Record<Finding, string>> = {
  beats: 'more than chance',
  worse: 'less than chance',
  undecided: 'undecided',
  'not-defined': 'not defined',
};

/** Whether the base model has read the catalogue. */
export function completion({ trust, options }: Report): Part[] {
  const { completion: found } = trust;
  if (!found) return [];
  const { titles, right, chance, difference, finding, sentence, surest } = found;
  return [
    {
      title: PROBE_TITLES.completion,
      id: 'trust-completion',
      blocks: [
        { kind: 'paragraph', text: sentence },
        {
          kind: 'table',
          table: {
            caption: `Titles whose true ending is the likeliest, by mean log-likelihood a token; the others are endings of other titles. ${levelTitle(options.level)} intervals, by titles.`,
            head: ['model', 'titles', 'completed rightly', 'chance', 'above chance'],
            rows: [
              {
                name: 'base model',
                color: 'var(--base)',
                cells: [
                  thousands(titles),
                  estimateCell(right, 'trust-titles-known'),
                  figure(chance),
                  { ...(estimateCell(difference, 'trust-titles-known') as Figure), aside: ASIDES[finding] },
                ],
              },
            ],
          },
        },
        {
          kind: 'table',
          table: {
            anchor: 'trust-titles-known',
            more: { href: 'rows.html#titles', title: `all ${counted(titles, 'title')}` },
            caption: 'Titles that it completes most surely: nats a token between the true ending and the next',
            head: ['beginning', 'ending', 'item', 'ahead by'],
            rows: surest.map(({ given, ending, itemId, lead }) => ({
              name: given,
              cells: [ending, itemId, figure(lead)],
            })),
            notForPapers: true,
          },
        },
      ],
    },
  ];
}
