import type { Report } from '../../../core/report.js';
import type { Doubt } from '../../../core/report-trust.js';
import { taskTitle } from '../../tasks/task-verdict.js';
import { toldDoubts } from '../../trust/doubts.js';
import type { Block, Part } from '../block.js';
import { baselineNote } from '../facts.js';
import { type Behind, rowsAnchor } from '../row-anchor.js';

/** What was shown and what not, and what to be careful about: the page opens with it. */
export function verdicts(report: Report): Part[] {
  const { verdicts: sentences, warnings, overview, tasks, trust } = report;
  const mixed = overview !== null;
  const behind = (group: Behind) => {
    const rows = rowsAnchor(report, group);
    return rows === undefined ? {} : { rows };
  };
  const blocks: Block[] = [
    ...(mixed ? [{ kind: 'overview', text: overview } satisfies Block] : []),
    ...doubtBlocks(toldDoubts(trust.doubts).filter(({ about }) => about === 'learning')),
    ...sentences.map(
      ({ finding, sentence }): Block => ({
        kind: 'verdict',
        finding,
        sentence,
        ...(mixed ? { about: 'judgement' } : {}),
        ...behind({ task: 'judgement', split: 'test' }),
      }),
    ),
    ...tasks.flatMap((task): Block[] =>
      // The other sentences stand in the task's own part.
      task.verdicts.slice(0, 1).map(({ finding, sentence }) => ({
        kind: 'verdict',
        finding,
        sentence,
        about: taskTitle(task),
        ...behind({ task: task.task, kind: task.kind, split: 'test' }),
      })),
    ),
    ...doubtBlocks(toldDoubts(trust.doubts).filter(({ about }) => about !== 'learning')),
    {
      kind: 'paragraph',
      quiet: true,
      text: `${baselineNote(report)} "Beats" and "is worse" are said only where the paired interval excludes 0.`,
    },
    ...(warnings.length === 0 ? [] : [{ kind: 'warnings', lines: warnings } satisfies Block]),
  ];
  return [{ title: null, id: 'verdict', blocks }];
}

/** What takes away belief in the sentences above or below. */
function doubtBlocks(doubts: readonly Pick<Doubt, 'about' | 'sentence'>[]): Block[] {
  return doubts.map(({ about, sentence }) => ({
    kind: 'verdict',
    finding: about === 'learning' ? 'worse' : 'undecided',
    sentence,
    ...(about === 'learning' ? {} : { about: 'Trust' }),
  }));
}
