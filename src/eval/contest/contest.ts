import { BASELINES, METRICS, MODEL_TITLES } from '../../core/report.js';
import { TASK_BASELINES, TASK_MODEL_TITLES, type TaskModelId } from '../../core/task-report.js';
import { alignToRows, type EvaluatedInstruction, type Scored } from '../align-predictions.js';
import { countTrainLabels } from '../baselines/train-labels.js';
import { type KnownRows, knownRows } from '../known-rows.js';
import { METRIC } from '../metrics/metric.js';
import type { ReportInput } from '../report.js';
import { type AnsweredRow, scoreSplit } from '../split-scores.js';
import { indexUsers } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import { listsOf } from '../tasks/report-tasks.js';
import { scoreTask, type TaskKnowledge } from '../tasks/score-task.js';
import { metricsOf, metricTitle, taskMetric } from '../tasks/task-metric.js';
import { byTask, kindOf, type TaskRow } from '../tasks/task-rows.js';
import { taskTitle } from '../tasks/task-verdict.js';

/** A model whose answers to the test rows the store has. */
export interface Entrant {
  readonly id: string;
  readonly scored: Scored;
}

/** A metric by which entrants are compared. */
export interface ContestMetric {
  readonly id: string;
  readonly title: string;
  readonly better: 'higher' | 'lower';
}

/** One task of the test rows, and everything that answers it. */
export interface Contest {
  readonly task: string; // "judgement", "ranking (1+9)"
  readonly rows: number;
  readonly users: number;
  readonly metrics: readonly ContestMetric[];
  readonly main: ContestMetric;
  readonly baselines: readonly { readonly id: string; readonly title: string }[]; // trivial ones; they count over all of train
  statistic(id: string, metric: string): UserStatistic; // of an entrant or a baseline
}

/** What the rows and the baselines are made from. */
export type Ground = Pick<ReportInput, 'version' | 'train' | 'log'> & {
  readonly instructions: readonly EvaluatedInstruction[]; // of test
  readonly valid: readonly Pick<EvaluatedInstruction, 'target'>[]; // no baseline counts its targets either
};

/**
 * Every task of the test rows with all who answer it.
 *
 * entrants  at least one; baselines see the history that was shown to the first
 * throws    RectuneError 'data' when predictions and rows do not fit
 */
export function contestsOf(ground: Ground, entrants: readonly Entrant[]): Contest[] {
  const answers = new Map(entrants.map(({ id, scored }) => [id, alignToRows(ground.instructions, scored)]));
  const answeredBy = (id: string): AnsweredRow[] => {
    const own = answers.get(id) ?? [];
    return ground.instructions.map((instruction, place) => {
      const said = own[place] as AnsweredRow['adapter'];
      return { instruction, adapter: said, base: said };
    });
  };
  const [first] = entrants;
  if (!first) throw new Error('a contest has at least one entrant');
  const reference = answeredBy(first.id);
  const asked = [...ground.instructions, ...ground.valid];
  const isMixed = reference.some((row) => kindOf(row) !== undefined);
  const { rows, knowledge } = isMixed ? knownRows(ground, { test: reference, valid: [] }, asked) : NOTHING_KNOWN;
  const judgements = judgementContest(ground, reference, answeredBy);
  const others = knowledge ? byTask(rows.test).map((group) => taskContest(group, knowledge, answers)) : [];
  return [...(judgements ? [judgements] : []), ...others];
}

const NOTHING_KNOWN: KnownRows = { rows: { test: [], valid: [] }, knowledge: undefined };

function judgementContest(
  { train }: Ground,
  reference: readonly AnsweredRow[],
  answeredBy: (id: string) => readonly AnsweredRow[],
): Contest | undefined {
  const counted = countTrainLabels(train);
  const { labels, users, logOdds } = scoreSplit('test', reference, counted);
  if (labels.length === 0) return undefined;
  const index = indexUsers(users);
  const baselines = BASELINES.map((id) => ({ id, title: MODEL_TITLES[id] }));
  const own = new Map<string, readonly number[]>(BASELINES.map((id) => [id, logOdds[id]]));
  const metrics = METRICS.map((id) => ({ id, title: METRIC[id].title, better: METRIC[id].better }));
  return {
    task: 'judgement',
    rows: labels.length,
    users: index.count,
    metrics,
    main: metrics[0] as ContestMetric, // AUC
    baselines,
    statistic(id, metric) {
      const values =
        own.get(id) ??
        answeredBy(id)
          .filter(({ instruction }) => instruction.label !== null)
          .map(({ adapter }) => adapter.logOdds as number);
      own.set(id, values);
      return METRIC[metric as (typeof METRICS)[number]].byUsers(values, labels, index);
    },
  };
}

function taskContest(
  group: ReturnType<typeof byTask>[number],
  knowledge: TaskKnowledge,
  answers: ReadonlyMap<string, readonly AnsweredRow['adapter'][]>,
): Contest {
  const { task, kind, rows } = group;
  const list = kind === 'choice' ? listsOf(rows) : undefined;
  const { metrics, main } = metricsOf(kind, list?.longest ?? 0);
  const named = (id: (typeof metrics)[number]): ContestMetric => ({
    id,
    title: metricTitle(id, list?.name ?? null),
    better: taskMetric(id).better,
  });
  const reference = scoreTask(group, knowledge);
  const byRow = new Map([...answers].map(([id, all]) => [id, new Map(all.map((one) => [one.row, one]))]));
  const known = new Map<string, ReturnType<typeof scoreTask>>();
  const scoresOf = (id: string) => {
    const own = byRow.get(id);
    const found = known.get(id);
    if (found || !own) return found;
    const said = rows.map((row): TaskRow => {
      const adapter = own.get(row.instruction.row) as AnsweredRow['adapter'];
      return { ...row, adapter, base: adapter };
    });
    const scores = scoreTask({ task, kind, rows: said }, { ...knowledge, train: [] });
    known.set(id, scores);
    return scores;
  };
  return {
    task: taskTitle({ task, list: list?.name ?? null }),
    rows: rows.length,
    users: reference.users.count,
    metrics: metrics.map(named),
    main: named(main),
    baselines: TASK_BASELINES[kind]
      .filter((id) => reference.models.includes(id))
      .map((id) => ({ id, title: TASK_MODEL_TITLES[id] })),
    statistic(id, metric) {
      const of = metric as (typeof metrics)[number];
      const scores = scoresOf(id);
      return scores ? scores.statistic('adapter', of) : reference.statistic(id as TaskModelId, of);
    },
  };
}
