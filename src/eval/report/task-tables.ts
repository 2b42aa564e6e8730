import type { Estimate, Report } from '../../core/report.js';
import {
  type Scoring,
  type Slice,
  type SliceKind,
  type SliceMetric,
  TASK_MODEL_TITLES,
  type TaskReport,
} from '../../core/task-report.js';
import { counted, figure, interval, levelTitle, withInterval } from '../numbers.js';
import { metricTitle, taskMetric } from '../tasks/task-metric.js';
import { asks, standing, standingOf, taskTitle } from '../tasks/task-verdict.js';

/** A table as plain text: HTML and Markdown print the same cells. */
export interface TextTable {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** "ranking (1+9): does not beat its best trivial baseline" */
export function taskHeading(task: TaskReport): string {
  return `${taskTitle(task)}: ${standing(standingOf(task))}`;
}

/** What a reader has to know of a task before its tables. */
export function taskNotes(task: TaskReport, { templates }: Report['version']): string[] {
  const { kind, metrics, list, drawn, baseline, main } = task;
  const definitions = metrics.map((metric) => {
    const { title, definition, better } = taskMetric(metric);
    return `${title}: ${definition} (${better} is better)`;
  });
  const told = {
    choice:
      `Each row is a list of candidates (${list}: the target and the others${drawn ? `, drawn: ${drawn}` : ''}); every model orders the same lists. ` +
      'Figures on such a list are not comparable with figures over all items. Candidates of equal score count as the expected value over random tie breaks.',
    rating:
      "The predicted rating is the expected one: each rating of the scale by the softmax of the model's log-likelihoods.",
    text:
      "The row's own answer is scored, not written: how likely it is to the model, end of text included. There is no trivial model of a text, so the base model alone " +
      'stands beside the adapter; an answer made by a rule can become likely because its form was learned.',
  }[kind];
  const thinks = templates.some(
    (one) => one.task === task.task && (one.family === 'chain-of-thought' || one.cell?.endsWith('-cot')),
  );
  return [
    `Asked: ${asks(task)} ${told}`,
    ...(thinks
      ? [
          'Where a template has thoughts before the answer, these are given as the recipe wrote them: what is compared is the answer behind them, not the thinking.',
        ]
      : []),
    ...(baseline ? [`The verdict is by ${metricTitle(main, list)}. ${baseline.chosenBy}`] : []),
    `${definitions.join('; ')}.`,
  ];
}

export function taskTables(task: TaskReport, level: number): TextTable[] {
  const { list, metrics, splits, differences, scorings } = task;
  const titles = metrics.map((metric) => metricTitle(metric, list));
  return [
    ...splits.map(({ split, rows, users, models }) => ({
      caption: `${split}: ${counted(rows, 'row')} of ${counted(users, 'user')}, ${levelTitle(level)} intervals`,
      head: ['model', ...titles],
      rows: models.map((one) => [TASK_MODEL_TITLES[one.model], ...metrics.map((metric) => cell(one.metrics[metric]))]),
    })),
    ...splits.map(({ split, models }) => ({
      caption: `${split}: adapter minus the other model, on the same rows and resampled users`,
      head: ['adapter against', ...titles],
      rows: models.flatMap(({ model }) => {
        const against = differences.filter((one) => one.split === split && one.second === model);
        if (against.length === 0) return [];
        return [
          [TASK_MODEL_TITLES[model], ...against.map((one) => `${cell(one.difference)} ${FINDINGS[one.finding]}`)],
        ];
      }),
    })),
    ...(scorings.length === 0
      ? []
      : [
          {
            caption: `test: the same lists by other numbers of a title (${counted(task.byLikelihood, 'row')} told apart by likelihood; the others have letters)`,
            head: ['model and score', ...titles],
            rows: scorings.flatMap(({ scoring, models }) =>
              models.map((one) => [
                `${TASK_MODEL_TITLES[one.model]}, ${SCORING_TITLES[scoring]}`,
                ...metrics.map((metric) => cell(one.metrics[metric])),
              ]),
            ),
          },
        ]),
  ];
}

const FINDINGS = { beats: 'better', worse: 'worse', undecided: 'undecided', 'not-defined': '' } as const;

const SCORING_TITLES: Readonly<Record<Scoring, string>> = {
  sum: 'sum (the main one)',
  mean: 'mean a token',
  first: 'first token that differs',
};

const SLICE_TITLES: Readonly<Record<SliceKind, string>> = {
  family: 'template family',
  cell: 'cell of the grid',
  wording: 'wording',
  repeat: 'target',
};

/** Parts of the test rows, a table a task, and what unseen wordings cost. */
export function sliceTables({ slices, wordings, tasks, options }: Report): TextTable[] {
  const list = (task: string) => tasks.find((one) => one.task === task)?.list ?? null;
  const names = [...new Set(slices.map(({ task }) => task))];
  const level = `${levelTitle(options.level)} intervals`;
  const parts = names.map((task) => {
    const here = slices.filter((slice) => slice.task === task);
    const title = sliceTitle((here[0] as Slice).metric, list(task));
    return {
      caption: `${task}: ${title} on parts of test, ${level}`,
      head: ['part', 'rows', 'users', 'adapter', 'base model', 'adapter - base'],
      rows: here.map(({ by, name, rows, users, adapter, base, difference }) => [
        `${SLICE_TITLES[by]}: ${name}`,
        String(rows),
        String(users),
        ...[adapter, base, difference].map(cell),
      ]),
    };
  });
  if (wordings.length === 0) return parts;
  const gaps = {
    caption: `Wordings that train never holds minus those that it does, ${level}`,
    head: ['task', 'metric', 'rows unseen', 'rows seen', 'adapter', 'base model', "adapter's gap - base model's"],
    rows: wordings.map(({ task, metric, seenRows, unseenRows, adapter, base, difference }) => [
      task,
      sliceTitle(metric, list(task)),
      String(unseenRows),
      String(seenRows),
      ...[adapter, base, difference].map(cell),
    ]),
  };
  return [...parts, gaps];
}

export const SLICE_NOTE =
  'Intervals of parts come from the resampled users of the whole task. The base model saw neither wording, so its gap is what the wordings differ by themselves; the last column is what ' +
  'training on the seen ones adds. Many parts are compared and nothing is corrected for their number: a part that stands out is a question, not a finding.';

function sliceTitle(metric: SliceMetric, list: string | null): string {
  return metric === 'auc' ? 'AUC' : metricTitle(metric, list);
}

function cell(estimate: Estimate | undefined): string {
  return estimate ? withInterval(estimate) : '';
}

/** A task's figures on test in short, for the terminal: no intervals but of the main metric. */
export function shortTable(task: TaskReport): TextTable | undefined {
  const test = task.splits.find(({ split }) => split === 'test');
  if (!test) return undefined;
  return {
    caption: taskHeading(task),
    head: [
      `${test.split}: ${counted(test.rows, 'row')}, ${counted(test.users, 'user')}`,
      ...task.metrics.map((metric) => metricTitle(metric, task.list)),
    ],
    rows: test.models.map(({ model, metrics }) => [
      TASK_MODEL_TITLES[model],
      ...task.metrics.map((metric) => {
        const found = metrics[metric];
        if (!found) return '';
        return metric === task.main && found.value !== null
          ? `${figure(found.value)} ${interval(found)}`
          : figure(found.value);
      }),
    ]),
  };
}
