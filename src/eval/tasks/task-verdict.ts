import type { Finding, Report } from '../../core/report.js';
import { TASK_MODEL_TITLES, type TaskModelId, type TaskReport } from '../../core/task-report.js';
import { TASKS } from '../../core/template.js';
import { comparisonSentence } from '../comparison.js';
import { interval } from '../numbers.js';
import { metricTitle, taskMetric } from './task-metric.js';

/** "ranking (1+9)" */
export function taskTitle({ task, list }: Pick<TaskReport, 'task' | 'list'>): string {
  return list === null ? task : `${task} (${list})`;
}

/** Sentences on the adapter against its best trivial baseline, when there is one, and against its base model, by the task's main metric on test. */
export function taskVerdicts(
  report: Pick<TaskReport, 'task' | 'list' | 'main' | 'baseline' | 'splits' | 'differences'>,
): TaskReport['verdicts'] {
  const test = report.splits.find(({ split }) => split === 'test');
  if (!test) return [];
  const told = (model: TaskModelId) => {
    const value = test.models.find((one) => one.model === model)?.metrics[report.main];
    if (!value) throw new Error(`no ${report.main} of ${model} on test`);
    return { title: model === 'adapter' ? 'the adapter' : `"${TASK_MODEL_TITLES[model]}"`, value };
  };
  const better = taskMetric(report.main).better === 'lower' ? ', lower is better,' : '';
  const rivals: TaskModelId[] = [...(report.baseline ? [report.baseline.model] : []), 'base'];
  return rivals.map((against) => {
    const paired = report.differences.find(
      ({ split, metric, second }) => split === 'test' && metric === report.main && second === against,
    );
    if (!paired) throw new Error(`the adapter was not compared with ${against} by ${report.main}`);
    const { difference, finding } = paired;
    const sentence = comparisonSentence({
      rows: test.rows,
      users: test.users,
      split: 'test',
      metric: `${metricTitle(report.main, report.list)}${better}`,
      first: told('adapter'),
      second: told(against),
      difference,
      finding,
      lacking: test.users < 2 ? 'an interval needs at least two users' : `${interval(difference)} can be given`,
    });
    return { against, finding, sentence };
  });
}

/** What a reader may take from a task, in a few words: printed beside its name. */
export function standing(finding: Finding | undefined): string {
  switch (finding) {
    case undefined:
      return 'no trivial baseline';
    case 'beats':
      return 'beats its best trivial baseline';
    case 'worse':
      return 'worse than its best trivial baseline';
    case 'undecided':
      return 'does not beat its best trivial baseline';
    case 'not-defined':
      return 'cannot be compared';
  }
}

/** How the adapter stands against the task's best trivial baseline; undefined: there is none. */
export function standingOf({ baseline, verdicts }: Pick<TaskReport, 'baseline' | 'verdicts'>): Finding | undefined {
  return baseline === null ? undefined : verdicts.find(({ against }) => against === baseline.model)?.finding;
}

/** What was shown on test and what was not, over all tasks of a version that mixes several. */
export function overview({ tasks, verdicts }: Pick<Report, 'tasks' | 'verdicts'>): string | null {
  if (tasks.length === 0) return null;
  const ofBase = (all: readonly { against: string; finding: Finding }[]) =>
    all.find(({ against }) => against === 'base')?.finding;
  const judged = verdicts[0] ? [{ title: 'judgement', finding: verdicts[0].finding, base: ofBase(verdicts) }] : [];
  const others = tasks.map((one) => ({ title: taskTitle(one), finding: standingOf(one), base: ofBase(one.verdicts) }));
  const all: { title: string; finding: Finding | undefined; base: Finding | undefined }[] = [...judged, ...others];
  const names = (finding: Finding | undefined) =>
    all.filter((one) => one.finding === finding).map(({ title }) => title);
  const besideBase = (finding: Finding) => all.filter(({ base }) => base === finding).map(({ title }) => title);
  const beaten = names('beats');
  const sentences = [
    beaten.length === 0
      ? 'On test the adapter beats the best trivial baseline in no task.'
      : `On test the adapter beats the best trivial baseline in ${beaten.join(', ')}.`,
    said(names('undecided'), 'Not shown: in', 'it does not beat it.'),
    said(names('worse'), 'In', 'it is worse.'),
    said(names('not-defined'), 'In', 'no comparison can be made.'),
    said(names(undefined), 'For', 'there is no trivial baseline: only the base model stands beside it.'),
    said(besideBase('beats'), 'It beats its own base model in', ''),
    said(besideBase('undecided'), 'From its own base model it cannot be told apart in', ''),
    said(besideBase('worse'), 'It is worse than its own base model in', ''),
    `The ${all.length} tasks were asked in one run; nothing is corrected for their number.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function said(names: readonly string[], before: string, after: string): string {
  if (names.length === 0) return '';
  return after === '' ? `${before} ${names.join(', ')}.` : `${before} ${names.join(', ')} ${after}`;
}

/** What is asked, for headings. */
export function asks({ task }: Pick<TaskReport, 'task'>): string {
  return TASKS[task].asks;
}
