import type { Report } from '../../core/report.js';
import type { TaskReport } from '../../core/task-report.js';
import { metricTitle, taskMetric } from '../tasks/task-metric.js';
import { asks, standing, standingBesideIds, standingOf, taskTitle } from '../tasks/task-verdict.js';
import type { Fact } from './block.js';

/** "ranking (1+9): does not beat its best trivial baseline" */
export function taskHeading(task: TaskReport): string {
  return `${taskTitle(task)}: ${standing(standingOf(task), standingBesideIds(task))}`;
}

/** What a reader has to know of a task before its tables. */
export function taskNotes(task: TaskReport, { templates }: Report['version']): string[] {
  const { kind, list, drawn, baseline, main } = task;
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
  ];
}

/** What the columns of a task's tables mean. */
export function taskTerms({ metrics }: TaskReport): Fact[] {
  return metrics.map((metric) => {
    const { title, definition, better } = taskMetric(metric);
    return [title, `${definition} (${better} is better)`];
  });
}
