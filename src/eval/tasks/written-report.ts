import type { ReportOptions } from '../../core/report.js';
import { TASKS, type TaskName } from '../../core/template.js';
import { OVERLAP_METRICS, type Writer, type WrittenReport, type WrittenTexts } from '../../core/written-texts.js';
import { rouge } from '../metrics/text-overlap.js';
import { meanOfRows } from '../statistics/ratio-statistic.js';
import { indexUsers } from '../statistics/user-index.js';
import { Resampled } from './compare-task.js';

const EXAMPLES = 3;

type Answer = WrittenTexts['answers'][number];

/**
 * How near the texts of a run are to those of the log, by task, in the order of TASKS.
 *
 * userOf  of a row of test; undefined where the version has no such row
 * throws  Error when a row is not there
 */
export function writtenReport(
  result: WrittenTexts,
  userOf: (row: number) => string | undefined,
  options: ReportOptions,
): WrittenReport {
  const { eligible, answers, seed, maxTokens, engine, frequent } = result;
  const order = Object.keys(TASKS) as TaskName[];
  const tasks = order.flatMap((task) => {
    const own = answers.filter((answer) => answer.task === task);
    return own.length === 0 ? [] : [taskOf(task, own, frequent[task], userOf, options)];
  });
  return { eligible, rows: answers.length, seed, maxTokens, engine, tasks };
}

function taskOf(
  task: TaskName,
  answers: readonly Answer[],
  frequent: string | undefined,
  userOf: (row: number) => string | undefined,
  options: ReportOptions,
): WrittenReport['tasks'][number] {
  const users = indexUsers(
    answers.map(({ row }) => {
      const user = userOf(row);
      if (user === undefined) throw new Error(`the version has no row ${row} of test, behind which was written`);
      return user;
    }),
  );
  const resampled = new Resampled(users.count, options);
  const writers: [Writer, (answer: Answer) => string][] = [
    ['adapter', ({ adapter }) => adapter.text],
    ['base', ({ base }) => base.text],
  ];
  if (frequent !== undefined) writers.push(['frequent', () => frequent]);
  const asked = writers.map(([writer, textOf]) => ({
    writer,
    read: OVERLAP_METRICS.map((metric) => {
      const values = answers.map((answer) => rouge(metric, textOf(answer), answer.reference));
      return [metric, resampled.ask(meanOfRows(values, users))] as const;
    }),
  }));
  return {
    task,
    rows: answers.length,
    users: users.count,
    entries: asked.map(({ writer, read }) => ({
      writer,
      ended: writer === 'frequent' ? null : shareEnded(answers, writer),
      metrics: Object.fromEntries(
        read.map(([metric, drawn]) => [metric, resampled.estimate(drawn())]),
      ) as WrittenReport['tasks'][number]['entries'][number]['metrics'],
    })),
    examples: answers.slice(0, EXAMPLES).map(({ row, reference, adapter, base }) => ({
      row,
      reference,
      adapter: adapter.text,
      base: base.text,
    })),
  };
}

function shareEnded(answers: readonly Answer[], writer: 'adapter' | 'base'): number {
  return answers.filter((answer) => answer[writer].end === 'stop').length / answers.length;
}
