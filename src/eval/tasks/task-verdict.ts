import { FIT_PROTOCOLS, type FitProtocol } from '../../core/fit-result.js';
import { type IdModelStanding, isIdModel } from '../../core/id-models.js';
import type { Titles } from '../../core/model-titles.js';
import type { Finding, Report } from '../../core/report.js';
import type { TaskModelId, TaskReport } from '../../core/task-report.js';
import { TASKS } from '../../core/template.js';
import { comparisonSentence } from '../comparison.js';
import { besideBaseline } from '../id-standing.js';
import { interval } from '../numbers.js';
import { toldName } from '../verdict.js';
import { metricTitle, taskMetric } from './task-metric.js';

/** "ranking (1+9)" */
export function taskTitle({ task, list }: Pick<TaskReport, 'task' | 'list'>): string {
  return list === null ? task : `${task} (${list})`;
}

/**
 * Sentences on the adapter against its best trivial baseline, when there is one, its base model and the best ID models, by the task's main metric on test.
 */
export function taskVerdicts(
  report: Pick<TaskReport, 'task' | 'list' | 'main' | 'baseline' | 'idModels' | 'splits' | 'differences'>,
  titles: Titles,
): TaskReport['verdicts'] {
  const test = report.splits.find(({ split }) => split === 'test');
  if (!test) return [];
  const named = (model: TaskModelId) => {
    const value = test.models.find((one) => one.model === model)?.metrics[report.main];
    if (!value) throw new Error(`no ${report.main} of ${model} on test`);
    return { title: toldName(model, titles), value };
  };
  const better = taskMetric(report.main).better === 'lower' ? ', lower is better,' : '';
  const rivals: TaskModelId[] = [
    ...(report.baseline ? [report.baseline.model] : []),
    'base',
    ...report.idModels.best.map(({ model }) => model),
  ];
  const told = rivals.map((against) => {
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
      first: named('adapter'),
      second: named(against),
      difference,
      finding,
      lacking: test.users < 2 ? 'an interval needs at least two users' : `${interval(difference)} can be given`,
    });
    return { against, finding, sentence };
  });
  const baseline = standingOf({ baseline: report.baseline, verdicts: told });
  return told.map((one) => {
    if (!isIdModel(one.against)) return one;
    return { ...one, sentence: `${one.sentence}${besideBaseline(baseline, one.finding)}` };
  });
}

/** What a reader may take from a task, in a few words: printed beside its name. */
export function standing(finding: Finding | undefined, besideIds: Finding | undefined): string {
  switch (finding) {
    case undefined:
      return 'no trivial baseline';
    case 'beats':
      if (besideIds === undefined) return 'beats its best trivial baseline';
      return `beats its best trivial baseline${besideIds === 'beats' ? ' and' : ', not'} the best ID model`;
    case 'worse':
      return 'worse than its best trivial baseline';
    case 'undecided':
      return 'does not beat its best trivial baseline';
    case 'not-defined':
      return 'cannot be compared';
  }
}

/** How the adapter stands against the best ID model, of those that learned from most; undefined: none was fitted. */
export function standingBesideIds({
  idModels,
  verdicts,
}: Pick<TaskReport, 'idModels' | 'verdicts'>): Finding | undefined {
  return verdicts.find(({ against }) => against === idModels.best[0]?.model)?.finding;
}

/** How the adapter stands against the task's best trivial baseline; undefined: there is none. */
export function standingOf({ baseline, verdicts }: Pick<TaskReport, 'baseline' | 'verdicts'>): Finding | undefined {
  return baseline === null ? undefined : verdicts.find(({ against }) => against === baseline.model)?.finding;
}

/** What was shown on test and what was not, over all tasks of a version that mixes several. */
export function overview({
  tasks,
  verdicts,
  idModels,
}: Pick<Report, 'tasks' | 'verdicts'> & { idModels: Pick<IdModelStanding, 'best'> }): string | null {
  if (tasks.length === 0) return null;
  const judged = verdicts[0]
    ? [{ title: 'judgement', finding: verdicts[0].finding, verdicts, best: idModels.best }]
    : [];
  const others = tasks.map((one) => ({
    title: taskTitle(one),
    finding: standingOf(one),
    verdicts: one.verdicts,
    best: one.idModels.best,
  }));
  const all: Told[] = [...judged, ...others];
  const names = (finding: Finding | undefined) =>
    all.filter((one) => one.finding === finding).map(({ title }) => title);
  const besideBase = (finding: Finding) =>
    all.filter((one) => findingAgainst(one, 'base') === finding).map(({ title }) => title);
  const beaten = names('beats');
  const sentences = [
    beaten.length === 0
      ? 'On test the adapter beats the best trivial baseline in no task.'
      : `On test the adapter beats the best trivial baseline in ${beaten.join(', ')}.`,
    said(names('undecided'), 'Not shown: in', 'it does not beat it.'),
    said(names('worse'), 'In', 'it is worse.'),
    said(names('not-defined'), 'In', 'no comparison can be made.'),
    said(names(undefined), 'For', 'there is no trivial baseline: only the base model stands beside it.'),
    ...FIT_PROTOCOLS.flatMap((protocol) => besideIdModels(all, protocol)),
    said(besideBase('beats'), 'It beats its own base model in', ''),
    said(besideBase('undecided'), 'From its own base model it cannot be told apart in', ''),
    said(besideBase('worse'), 'It is worse than its own base model in', ''),
    all.length > 1 ? `The ${all.length} tasks were asked in one run; nothing is corrected for their number.` : '',
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

/** A task with its sentences. */
interface Told {
  readonly title: string;
  readonly finding: Finding | undefined; // against the best trivial baseline
  readonly verdicts: readonly { readonly against: string; readonly finding: Finding }[];
  readonly best: IdModelStanding['best'];
}

function findingAgainst({ verdicts }: Told, rival: string | undefined): Finding | undefined {
  return verdicts.find(({ against }) => against === rival)?.finding;
}

const LEARNED_FROM: Readonly<Record<FitProtocol, string>> = {
  full: 'that learned from all of train',
  shots: "that learned from the run's own rows",
};

/** In which tasks the best ID model of a protocol was beaten; nothing where none was fitted. */
function besideIdModels(all: readonly Told[], protocol: FitProtocol): string[] {
  const found = all.flatMap((one) => {
    const best = one.best.find((chosen) => chosen.protocol === protocol);
    return best ? [{ title: one.title, finding: findingAgainst(one, best.model) }] : [];
  });
  const titles = (beaten: boolean) =>
    found.filter(({ finding }) => (finding === 'beats') === beaten).map(({ title }) => title);
  return [
    said(titles(true), `The best ID model ${LEARNED_FROM[protocol]} is beaten in`, ''),
    said(titles(false), `The best ID model ${LEARNED_FROM[protocol]} is not beaten in`, ''),
  ];
}

function said(names: readonly string[], before: string, after: string): string {
  if (names.length === 0) return '';
  return after === '' ? `${before} ${names.join(', ')}.` : `${before} ${names.join(', ')} ${after}`;
}

/** What is asked, for headings. */
export function asks({ task }: Pick<TaskReport, 'task'>): string {
  return TASKS[task].asks;
}
