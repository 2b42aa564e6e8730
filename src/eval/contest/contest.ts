import type { FitKind } from '../../core/fit-result.js';
import { BASELINES, METRICS, type MetricId, MODEL_TITLES } from '../../core/report.js';
import { TASK_BASELINES, TASK_MODEL_TITLES, type TaskModelId } from '../../core/task-report.js';
import { alignToRows, type EvaluatedInstruction, type Scored } from '../align-predictions.js';
import { countTrainLabels } from '../baselines/train-labels.js';
import type { FittedSplit } from '../fitted-scores.js';
import { type KnownRows, knownRows } from '../known-rows.js';
import { METRIC } from '../metrics/metric.js';
import type { ReportInput } from '../report.js';
import { type AnsweredRow, metricsOfModel, scoreSplit } from '../split-scores.js';
import { indexUsers } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import { listsOf } from '../tasks/report-tasks.js';
import { scoreTask, type TaskKnowledge } from '../tasks/score-task.js';
import { metricsOf, metricTitle, taskMetric } from '../tasks/task-metric.js';
import { byTask, kindOf, type TaskRow } from '../tasks/task-rows.js';
import { taskTitle } from '../tasks/task-verdict.js';
import type { FittedEntrant } from './fitted-entrants.js';

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
  readonly undefinedWhen: string | null; // null: it has a value wherever there are rows
}

/** One task of the test rows, and everything that answers it. */
export interface Contest {
  readonly task: string; // "judgement", "ranking (1+9)"
  readonly rows: number;
  readonly users: number;
  readonly metrics: readonly ContestMetric[];
  readonly main: ContestMetric;
  readonly baselines: readonly { readonly id: string; readonly title: string }[]; // trivial ones; they count over all of train
  readonly fitted: readonly { readonly id: string; readonly title: string }[]; // ID models that answer the task
  metricsOf(id: string): readonly ContestMetric[]; // those that are defined of what stands here by that id
  statistic(id: string, metric: string): UserStatistic; // of an entrant, a baseline or an ID model
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
 * fitted    ID models that stand beside them
 * throws    RectuneError 'data' when predictions, or a fit, and rows do not fit
 */
export function contestsOf(
  ground: Ground,
  entrants: readonly Entrant[],
  fitted: readonly FittedEntrant[] = [],
): Contest[] {
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
  const judgements = judgementContest(ground, reference, answeredBy, fitted);
  const others = knowledge ? byTask(rows.test).map((group) => taskContest(group, knowledge, answers, fitted)) : [];
  return [...(judgements ? [judgements] : []), ...others];
}

const NOTHING_KNOWN: Pick<KnownRows, 'rows' | 'knowledge'> = { rows: { test: [], valid: [] }, knowledge: undefined };

function judgementContest(
  { train }: Ground,
  reference: readonly AnsweredRow[],
  answeredBy: (id: string) => readonly AnsweredRow[],
  fitted: readonly FittedEntrant[],
): Contest | undefined {
  const counted = countTrainLabels(train);
  const { labels, users, logOdds } = scoreSplit('test', reference, counted);
  if (labels.length === 0) return undefined;
  const index = indexUsers(users);
  const baselines = BASELINES.map((id) => ({ id, title: MODEL_TITLES[id] }));
  const own = new Map<string, readonly number[]>(BASELINES.map((id) => [id, logOdds[id]]));
  const judged = reference.map(({ instruction }) => instruction).filter(({ label }) => label !== null);
  const answering = answeringOf(fitted, 'judgement');
  for (const { id, model, fitted: said } of answering) {
    const [first = []] = said.scores(model, 'judgement', judged);
    own.set(
      id,
      first.map(([score]) => score as number),
    );
  }
  const metrics = METRICS.map((id): ContestMetric & { id: MetricId } => {
    const { title, better, undefinedWhen } = METRIC[id];
    return { id, title, better, undefinedWhen };
  });
  return {
    task: 'judgement',
    rows: labels.length,
    users: index.count,
    metrics,
    main: metrics[0] as ContestMetric, // AUC
    baselines,
    fitted: answering.map(({ id, title }) => ({ id, title })),
    metricsOf(id) {
      const model = answering.find((one) => one.id === id)?.model ?? BASELINES.find((one) => one === id);
      const defined = model && metricsOfModel(model);
      return defined ? metrics.filter((metric) => defined.includes(metric.id)) : metrics;
    },
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

function answeringOf(fitted: readonly FittedEntrant[], kind: FitKind): FittedEntrant[] {
  return fitted.filter(({ model, fitted: said }) => said.models(kind).includes(model));
}

function taskContest(
  group: ReturnType<typeof byTask>[number],
  knowledge: TaskKnowledge,
  answers: ReadonlyMap<string, readonly AnsweredRow['adapter'][]>,
  fitted: readonly FittedEntrant[],
): Contest {
  const { task, kind, rows } = group;
  const list = kind === 'choice' ? listsOf(rows) : undefined;
  const { metrics, main } = metricsOf(kind, list?.longest ?? 0);
  const named = (id: (typeof metrics)[number]): ContestMetric => ({
    id,
    title: metricTitle(id, list?.name ?? null),
    better: taskMetric(id).better,
    undefinedWhen: null,
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
  const answering = kind === 'choice' ? answeringOf(fitted, 'choice') : [];
  const byFit = new Map<FittedSplit, ReturnType<typeof scoreTask>>();
  const fittedScores = ({ fitted: said }: FittedEntrant) => {
    const scores = byFit.get(said) ?? scoreTask(group, { ...knowledge, train: [] }, said);
    byFit.set(said, scores);
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
    fitted: answering.map(({ id, title }) => ({ id, title })),
    metricsOf: () => metrics.map(named),
    statistic(id, metric) {
      const of = metric as (typeof metrics)[number];
      const idModel = answering.find((one) => one.id === id);
      if (idModel) return fittedScores(idModel).statistic(idModel.model, of);
      const scores = scoresOf(id);
      return scores ? scores.statistic('adapter', of) : reference.statistic(id as TaskModelId, of);
    },
  };
}
