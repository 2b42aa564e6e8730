import type { TrustModel } from '../../core/report-trust.js';
import type { SliceMetric, TaskReport } from '../../core/task-report.js';
import type { TaskName } from '../../core/template.js';
import { frequentPosition } from '../baselines/frequent-position.js';
import { aucByUsers } from '../metrics/auc.js';
import { METRIC } from '../metrics/metric.js';
import { bestPlaces, logSumExp } from '../metrics/softmax.js';
import { indexUsers, type UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import { partOfUsers, scoreTask, type TaskScores } from '../tasks/score-task.js';
import { metricTitle, taskMetric } from '../tasks/task-metric.js';
import type { TaskRow } from '../tasks/task-rows.js';
import { type RowsOfTask, toldOf } from './told.js';

/** How the rows of one task are judged, whatever form they are shown in: `rows` are always all of them, in one order. */
export interface Judge {
  readonly metric: SliceMetric;
  readonly title: string; // with its list
  readonly better: 'higher' | 'lower';
  readonly unit: string; // of what changes
  readonly users: UserIndex;
  /** places  of the rows that are looked at */
  statistic(rows: readonly TaskRow[], model: TrustModel, places: readonly number[]): UserStatistic;
  /** What a model says of each row, so that a change can be told: log-odds, of what came true among the answers; an expected rating; nats a token. */
  weighed(rows: readonly TaskRow[], model: TrustModel): number[];
  /** The same as a reader of rows.jsonl finds it: of lists the rank of the target. */
  said(rows: readonly TaskRow[], model: TrustModel): number[];
  /** The answer that a model gives to each row; undefined: free text has none. */
  answers(rows: readonly TaskRow[], model: TrustModel): string[] | undefined;
}

/**
 * report   of the task; undefined: of judgements
 * ratings  every rating of the log, ascending
 */
export function judgeOf(
  { task, kind, rows: own }: RowsOfTask,
  report: Pick<TaskReport, 'main' | 'list'> | undefined,
  ratings: readonly number[],
): Judge {
  const users = indexUsers(own.map(({ instruction }) => instruction.userId));
  const answers: Judge['answers'] = (rows, model) =>
    kind === 'text' ? undefined : rows.map((row) => bestPlaces(toldOf(row, kind, model).scores).join());
  if (kind === 'judgement') return { ...judgementsOf(users), answers };
  if (!report) throw new Error(`the report has no task ${task}`);
  const knowledge = { train: [], places: frequentPosition([]), ratings }; // no baseline is asked
  const known = new Map<readonly TaskRow[], TaskScores>();
  const scoresOf = (rows: readonly TaskRow[]): TaskScores => {
    const scores = known.get(rows) ?? scoreTask({ task: task as TaskName, kind, rows }, knowledge);
    known.set(rows, scores);
    return scores;
  };
  const { main, list } = report;
  return {
    metric: main,
    title: metricTitle(main, list),
    better: taskMetric(main).better,
    unit: { choice: 'log-odds of the target in its list', rating: 'stars', text: 'nats a token' }[kind],
    users,
    statistic: (rows, model, places) => scoresOf(rows).statistic(model, main, { rows: places }),
    weighed: (rows, model) =>
      kind === 'choice' ? rows.map((row) => oddsOfRight(row, model)) : scoresOf(rows).said(model),
    said: (rows, model) => scoresOf(rows).said(model),
    answers,
  };
}

function judgementsOf(users: UserIndex): Omit<Judge, 'answers'> {
  const logOdds: Judge['said'] = (rows, model) => rows.map((row) => row[model].logOdds as number);
  return {
    metric: 'auc',
    title: METRIC.auc.title,
    better: METRIC.auc.better,
    unit: 'log-odds',
    users,
    statistic: (rows, model, places) => {
      const taken = places.map((place) => rows[place] as TaskRow);
      return aucByUsers(
        logOdds(taken, model),
        taken.map(({ instruction }) => instruction.label === true),
        partOfUsers(users, places),
      );
    },
    weighed: logOdds,
    said: logOdds,
  };
}

function oddsOfRight(row: TaskRow, model: TrustModel): number {
  const { scores, right } = toldOf(row, 'choice', model);
  return (scores[right] as number) - logSumExp(scores.filter((_, place) => place !== right));
}
