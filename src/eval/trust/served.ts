import type { ProbeResult } from '../../core/probe.js';
import type { ReportOptions } from '../../core/report.js';
import type { Served, ServedTask } from '../../core/report-trust.js';
import { counted, figure, interval } from '../numbers.js';
import { quantileEstimate } from '../statistics/quantile-interval.js';
import { ratioOfRows } from '../statistics/ratio-statistic.js';
import { indexUsers } from '../statistics/user-index.js';
import { Resampled } from '../tasks/compare-task.js';
import type { TaskRow } from '../tasks/task-rows.js';
import type { Judge } from './judge.js';
import type { Form } from './probed-rows.js';
import { askForModel } from './shown-otherwise.js';
import type { RowsOfTask } from './told.js';

type ServingResult = Extract<ProbeResult, { probe: 'serving' }>;

/** The name of the form in which stock llama.cpp answers. */
export const SERVED = 'stock llama.cpp';

/** How fast the rows were answered; the tasks are told of by servedTask. rows: those of the answers, in their order. */
export function servedRows(
  { engine, threads, answers }: ServingResult,
  rows: readonly TaskRow[],
  tasks: readonly ServedTask[],
  options: ReportOptions,
): Served {
  const users = indexUsers(rows.map(({ instruction }) => instruction.userId));
  const seconds = answers.map((answer) => answer.seconds);
  const resampled = new Resampled(users.count, options);
  const tokens = resampled.ask(
    ratioOfRows(
      answers.map((answer) => answer.tokens),
      seconds,
      users,
    ),
  );
  const prompts = resampled.ask(
    ratioOfRows(
      answers.map(() => 1),
      seconds,
      users,
    ),
  );
  return {
    engine,
    threads,
    rows: rows.length,
    users: users.count,
    p50: quantileEstimate(seconds, 0.5, options.level),
    p99: quantileEstimate(seconds, 0.99, options.level),
    tokensPerSecond: resampled.estimate(tokens()),
    promptsPerSecond: resampled.estimate(prompts()),
    tasks: [...tasks],
  };
}

/** form  the rows of a task as they were served */
export function servedTask(
  { task, kind, rows }: RowsOfTask,
  form: Form,
  judge: Judge,
  options: ReportOptions,
): ServedTask {
  const resampled = new Resampled(judge.users.count, options);
  const { plain, shown, difference, finding, change, flips } = askForModel(resampled, judge, rows, form, 'adapter')();
  const [ours, served] = [judge.weighed(rows, 'adapter'), judge.weighed(form.rows, 'adapter')];
  let largest: { by: number; row: number } | undefined;
  for (const place of form.places) {
    const by = Math.abs((served[place] as number) - (ours[place] as number));
    if (!largest || by > largest.by) largest = { by, row: (rows[place] as TaskRow).instruction.row };
  }
  const told: Omit<ServedTask, 'sentence'> = {
    task,
    kind,
    metric: judge.metric,
    title: judge.title,
    unit: judge.unit,
    rows: form.places.length,
    users: new Set(form.places.map((place) => judge.users.ofRow[place])).size,
    ours: plain,
    served: shown,
    difference,
    finding,
    change,
    flips,
    largest: largest?.by ?? null,
    largestRow: largest?.row ?? null,
  };
  return { ...told, sentence: sentenceOf(told) };
}

function sentenceOf({
  title,
  rows,
  users,
  ours,
  served,
  difference,
  unit,
  change,
  largest,
}: Omit<ServedTask, 'sentence'>): string {
  const on = `On ${counted(rows, 'row')} of ${counted(users, 'user')}`;
  const apart = `${unit} differ by ${figure(change.value)} on average and by ${figure(largest)} at most`;
  if (difference.value === null) return `${on}: ${apart}; ${title} is not defined.`;
  return `${on}, stock llama.cpp with the adapter gets ${title} ${figure(served.value)} and our scorer ${figure(ours.value)}: difference ${figure(difference.value)} ${interval(difference)}; ${apart}.`;
}
