import type { Report } from '../../core/report.js';
import type { RowGroup } from '../../core/report-rows.js';
import { taskTitle } from '../tasks/task-verdict.js';

type Rows = Pick<Report, 'rows'>;

/** What a figure is of: all rows of a task in a split, or a part of them. */
export type Behind = Pick<RowGroup, 'task' | 'split'> &
  Partial<Pick<RowGroup, 'kind' | 'part' | 'probe' | 'run' | 'seedsOf'>>;

/** The rows of test of a task by the name that it has on the page: "judgement", "ranking (1+9)". */
export function behindTask({ tasks }: Pick<Report, 'tasks'>, name: string): Behind {
  const found = tasks.find((one) => taskTitle(one) === name || one.task === name);
  return found ? { task: found.task, kind: found.kind, split: 'test' } : { task: name, split: 'test' };
}

/** Where the page shows the rows behind a figure; undefined where there are none. */
export function rowsAnchor({ rows: { groups } }: Rows, behind: Behind): string | undefined {
  const { task, split, kind, part = null, probe = null, run = null, seedsOf = null } = behind;
  const place = groups.findIndex(
    (group) =>
      group.task === task &&
      group.split === split &&
      (kind === undefined || group.kind === kind) &&
      group.probe === probe &&
      group.run === run &&
      group.seedsOf === seedsOf &&
      group.part?.by === part?.by &&
      group.part?.name === part?.name,
  );
  return place < 0 ? undefined : anchorOf(groups, place);
}

/** The id of a group on the page. Parts and runs are numbered: their names may hold anything. */
export function anchorOf(groups: readonly RowGroup[], place: number): string {
  const { task, kind, split, part, probe, run, seedsOf } = groups[place] as RowGroup;
  const numbered = part !== null || run !== null;
  return `rows-${task}-${kind}-${split}${probe === null ? '' : `-${probe}`}${seedsOf === null ? '' : `-${seedsOf}`}${numbered ? `-${place}` : ''}`;
}

/** Where the page shows the runs whose seeds differ. place: of the task among those that have such runs */
export function runsAnchor(place: number): string {
  return `seeds-${place}`;
}
