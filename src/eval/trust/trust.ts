import type { DatasetVersion } from '../../core/dataset-version.js';
import { PROBES, type ProbeName } from '../../core/probe.js';
import type { ReportOptions } from '../../core/report.js';
import type { SeenRow } from '../../core/report-rows.js';
import type { FormsOfTask, ReportedProbe, ServedTask, Trust } from '../../core/report-trust.js';
import type { TaskReport } from '../../core/task-report.js';
import type { TaskRow } from '../tasks/task-rows.js';
import { calibrations } from './calibration.js';
import { completionOf } from './completion.js';
import { formsOf, formsOfTask } from './forms-of-task.js';
import { type Judge, judgeOf } from './judge.js';
import type { KeptProbe } from './kept-probes.js';
import { askedRows, type Form, inForm } from './probed-rows.js';
import { SERVED, servedRows, servedTask } from './served.js';
import { type RowsOfTask, rowsByTask } from './told.js';

/** What the trust panel is made from, beside what the tasks were found to be. */
export interface TrustInput {
  readonly runId: string;
  readonly version: Pick<DatasetVersion, 'hash' | 'templates'>;
  readonly rows: Readonly<Record<'test' | 'valid', readonly TaskRow[]>>;
  readonly probes: readonly KeptProbe[]; // one of a name at most
  readonly tasks: readonly Pick<TaskReport, 'task' | 'kind' | 'main' | 'list'>[];
  readonly ratings: readonly number[]; // every rating of the log, ascending
  readonly options: ReportOptions;
}

/** What rows of test were told in other forms, by row: "history: removed" and the like. */
export type ProbedSayings = Map<number, NonNullable<SeenRow['probed']>>;

export interface TrustFindings {
  readonly trust: Omit<Trust, 'doubts'>;
  readonly probed: ProbedSayings;
}

/** Throws RectuneError 'data' when a probe does not fit the rows of test. */
export function findTrust(input: TrustInput): TrustFindings {
  const { rows, probes, options } = input;
  const probed: ProbedSayings = new Map();
  const forms: FormsOfTask[] = [];
  let completion: Trust['completion'] = null;
  let serving: Trust['serving'] = null;
  for (const name of PROBES) {
    const kept = probes.find(({ result }) => result.probe === name);
    if (!kept) continue;
    const { result } = kept;
    if (result.probe === 'completion') completion = completionOf(result.titles, options);
    else if (result.probe === 'serving') {
      const asked = result.answers.map(({ row }) => row);
      if (asked.length === 0) continue;
      const answers = result.answers.map(({ row, scores }) => ({ row, adapter: scores, base: undefined }));
      const served = rowsByTask(askedRows(rows.test, asked, kept)).map((group): ServedTask => {
        const judge = judgeOfGroup(group, input);
        const form = inForm({ name: SERVED, seen: null }, group.rows, answers, kept);
        remember(probed, name, group, [form], judge);
        return servedTask(group, form, judge, options);
      });
      serving = servedRows(result, askedRows(rows.test, asked, kept), served, options);
    } else {
      for (const group of rowsByTask(askedRows(rows.test, result.rows, kept))) {
        const judge = judgeOfGroup(group, input);
        const shown = formsOf(group, kept);
        remember(probed, name, group, shown, judge);
        const found = formsOfTask(group, shown, judge, kept, input.version, options);
        if (found) forms.push(found);
      }
    }
  }
  const reported = PROBES.map((name) => reportedProbe(name, input));
  return { trust: { calibration: calibrations(rows, options), probes: reported, forms, completion, serving }, probed };
}

function judgeOfGroup(group: RowsOfTask, { tasks, ratings }: TrustInput): Judge {
  const report = tasks.find(({ task, kind }) => task === group.task && kind === group.kind);
  return judgeOf(group, report, ratings);
}

function reportedProbe(name: ProbeName, { probes, runId }: TrustInput): ReportedProbe {
  const command = `rectune probe ${runId}`;
  const kept = probes.find(({ result }) => result.probe === name);
  if (!kept) {
    const reason = 'Not asked.';
    return {
      probe: name,
      file: null,
      sha256: null,
      seed: null,
      eligible: null,
      asked: 0,
      budget: null,
      reason,
      command,
    };
  }
  const { file, sha256, result } = kept;
  const { seed, eligible, budget } = result;
  const asked = askedOf(result);
  const reason = result.reason ?? (asked === 0 ? 'No row could be asked.' : null);
  return { probe: name, file, sha256, seed, eligible, asked, budget, reason, command };
}

function askedOf(result: KeptProbe['result']): number {
  switch (result.probe) {
    case 'completion':
      return result.titles.length;
    case 'serving':
      return result.answers.length;
    default:
      return result.rows.length;
  }
}

/** Notes what both models say of the rows of a task in each form. */
function remember(
  probed: ProbedSayings,
  probe: ProbeName,
  { rows }: RowsOfTask,
  forms: readonly Form[],
  judge: Judge,
): void {
  for (const form of forms) {
    const adapter = judge.said(form.rows, 'adapter');
    const base = probe === 'serving' ? undefined : judge.said(form.rows, 'base');
    for (const place of form.places) {
      const { row } = (rows[place] as TaskRow).instruction;
      const known = probed.get(row) ?? {};
      known[`${probe}: ${form.name}`] = { adapter: adapter[place] as number, base: base?.[place] ?? null };
      probed.set(row, known);
    }
  }
}
