import type { Report } from '../../../core/report.js';
import { taskTitle } from '../../tasks/task-verdict.js';
import { toldDoubts } from '../../trust/doubts.js';
import type { Block, Part } from '../block.js';
import { baselineNote } from '../facts.js';
import { type Behind, behindTask, rowsAnchor, runsAnchor } from '../row-anchor.js';

/** What was shown and what not, and what to be careful about: the page opens with it. */
export function verdicts(report: Report): Part[] {
  const { verdicts: sentences, warnings, overview, tasks } = report;
  const mixed = overview !== null;
  const behind = (group: Behind) => {
    const rows = rowsAnchor(report, group);
    return rows === undefined ? {} : { rows };
  };
  const blocks: Block[] = [
    ...(mixed ? [{ kind: 'overview', text: overview } satisfies Block] : []),
    ...doubtBlocks(report, 'learning'),
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
    ...report.seeds.flatMap(({ task, sentence }, place): Block[] =>
      sentence === null
        ? []
        : [
            {
              kind: 'verdict',
              finding: 'undecided',
              sentence,
              about: mixed ? `Seeds, ${task}` : 'Seeds',
              runs: runsAnchor(place),
            },
          ],
    ),
    ...doubtBlocks(report, 'trust'),
    {
      kind: 'paragraph',
      quiet: true,
      text: `${baselineNote(report)} "Beats" and "is worse" are said only where the paired interval excludes 0.`,
    },
    ...(warnings.length === 0 ? [] : [{ kind: 'warnings', lines: warnings } satisfies Block]),
  ];
  return [{ title: null, id: 'verdict', blocks }];
}

/** What takes away belief in the sentences above or below, with the rows that a probe asked. */
function doubtBlocks(report: Report, which: 'learning' | 'trust'): Block[] {
  const doubts = toldDoubts(report.trust.doubts).filter(
    ({ about }) => (about === 'learning') === (which === 'learning'),
  );
  return doubts.map(({ about, task, sentence }): Block => {
    if (about === 'learning') return { kind: 'verdict', finding: 'worse', sentence };
    const found = task === undefined ? undefined : behindTask(report, task);
    const rows = found && rowsAnchor(report, { ...found, probe: about });
    return { kind: 'verdict', finding: 'undecided', sentence, about: 'Trust', ...(rows === undefined ? {} : { rows }) };
  });
}
