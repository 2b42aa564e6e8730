import type { Report } from '../../../../core/report.js';
import { counted, figure, levelTitle, thousands } from '../../../numbers.js';
import { type Block, estimateCell, type Figure, type Part } from '../../block.js';
import { rowsAnchor } from '../../row-anchor.js';
import { PROBE_TITLES } from './names.js';

/** What a server of the adapter would answer, and how fast. */
export function servingGap(report: Report): Part[] {
  const { serving } = report.trust;
  if (!serving) return [];
  const level = levelTitle(report.options.level);
  const { engine, threads, rows, users, p50, p99, tokensPerSecond, promptsPerSecond, tasks } = serving;
  const [only, ...others] = tasks;
  const answered = // several tasks were answered in one go, and no group of rows holds them all
    only && others.length === 0
      ? rowsAnchor(report, { task: only.task, kind: only.kind, split: 'test', probe: 'serving' })
      : undefined;
  const blocks: Block[] = [
    ...tasks.map(({ sentence }): Block => ({ kind: 'paragraph', text: sentence })),
    {
      kind: 'table',
      table: {
        caption: `Adapter by stock llama.cpp (${engine}) and by our scorer on the same rows, ${level} intervals`,
        head: [
          'task',
          'rows',
          'users',
          'metric',
          'llama.cpp',
          'ours',
          'difference',
          'apart on average',
          'at most',
          'flips',
        ],
        rows: tasks.map((one) => {
          const behind = rowsAnchor(report, { task: one.task, kind: one.kind, split: 'test', probe: 'serving' });
          return {
            name: one.task,
            cells: [
              thousands(one.rows),
              thousands(one.users),
              one.title,
              estimateCell(one.served, behind),
              estimateCell(one.ours, behind),
              { ...(estimateCell(one.difference, behind) as Figure), finding: one.finding },
              { ...(estimateCell(one.change, behind) as Figure), aside: one.unit },
              { value: figure(one.largest), ...(behind === undefined ? {} : { rows: behind }) },
              estimateCell(one.flips, behind),
            ],
          };
        }),
      },
    },
    {
      kind: 'table',
      table: {
        caption:
          `How fast stock llama.cpp answered, one row at a time with ${counted(threads, 'thread')}: ${counted(rows, 'row')} of ${counted(users, 'user')}. ` +
          `${level} intervals; of latencies by order statistics, of rates by resampled users. It is of this machine and its other work.`,
        head: ['engine', 'seconds a prompt, p50', 'p99', 'prompt tokens a second', 'prompts a second'],
        rows: [
          {
            name: engine,
            cells: [p50, p99, tokensPerSecond, promptsPerSecond].map((estimate) => estimateCell(estimate, answered)),
          },
        ],
      },
    },
  ];
  return [{ title: PROBE_TITLES.serving, id: 'trust-serving', blocks }];
}
