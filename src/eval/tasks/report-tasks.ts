import type { DatasetVersion } from '../../core/dataset-version.js';
import { type IdModelId, type IdModelStanding, isIdModel } from '../../core/id-models.js';
import type { Instruction } from '../../core/instruction.js';
import type { Titles } from '../../core/model-titles.js';
import { DatasetRecipe } from '../../core/recipe.js';
import type { ReportOptions } from '../../core/report.js';
import type { SeenRow } from '../../core/report-rows.js';
import {
  SCORINGS,
  type Slice,
  TASK_BASELINES,
  TASK_MODEL_TITLES,
  type TaskKind,
  type TaskMetricId,
  type TaskReport,
  type WordingGap,
} from '../../core/task-report.js';
import type { FittedSplit } from '../fitted-scores.js';
import { bestIdModels, spreadOfSeeds } from '../id-standing.js';
import { figure } from '../numbers.js';
import { seenTaskRows } from '../rows/seen-rows.js';
import { onAllUsers } from '../statistics/user-statistic.js';
import { askBeyondAccuracy } from './beyond-accuracy.js';
import { askForScorings, askForSplit, Resampled } from './compare-task.js';
import { scoreTask, type TaskKnowledge, type TaskScores } from './score-task.js';
import { askForSlices, askForWordingGap, slicedJudgements, slicedTask } from './slices.js';
import { taskCurve } from './task-curve.js';
import { metricsOf, metricTitle, taskMetric } from './task-metric.js';
import { byTask, kindOf, type TaskRow } from './task-rows.js';
import { taskVerdicts } from './task-verdict.js';

/** Everything a report says of the rows of a version that are no judgements. */
export interface TaskFindings {
  readonly tasks: TaskReport[];
  readonly slices: Slice[];
  readonly wordings: WordingGap[];
  readonly rows: SeenRow[]; // of test, then of valid; judgements are not among them
}

/** What tasks are judged with. */
export interface TaskSettings {
  readonly fitted: Readonly<Record<'test' | 'valid', FittedSplit>>;
  readonly titles: Titles;
  readonly options: ReportOptions;
}

/** valid: without its rows, the models of the verdicts are chosen by rule. */
export function reportTasks(
  version: DatasetVersion,
  { test, valid }: { test: readonly TaskRow[]; valid: readonly TaskRow[] },
  knowledge: TaskKnowledge,
  how: TaskSettings,
): TaskFindings {
  const { fitted } = how;
  const validTasks = byTask(valid);
  const made = byTask(test).map((group) => {
    const before = validTasks.find(({ task, kind }) => task === group.task && kind === group.kind);
    const scores = {
      test: scoreTask(group, knowledge, fitted.test),
      valid: before && scoreTask(before, knowledge, fitted.valid),
    };
    return { ...reportTask(version, scores, knowledge, how), scores };
  });
  return {
    tasks: made.map(({ report }) => report),
    slices: made.flatMap(({ slices }) => slices),
    wordings: made.flatMap(({ wordings }) => wordings),
    rows: (['test', 'valid'] as const).flatMap((split) =>
      made.flatMap(({ scores }) => (scores[split] ? seenTaskRows(version, split, scores[split]) : [])),
    ),
  };
}

/**
 * Parts of the judgements among the rows.
 *
 * fitted  what ID models say of each judgement
 */
export function judgementSlices(
  test: readonly TaskRow[],
  fitted: ReadonlyMap<IdModelId, readonly number[]>,
  options: ReportOptions,
): Pick<TaskFindings, 'slices' | 'wordings'> {
  const sliced = slicedJudgements(
    test.filter((row) => kindOf(row) === undefined),
    fitted,
  );
  const users = new Set(sliced.rows.map(({ instruction }) => instruction.userId)).size;
  const resampled = new Resampled(users, options);
  const [slices, wordings] = [askForSlices(resampled, sliced), askForWordingGap(resampled, sliced)];
  return { slices: slices(), wordings: wordings() };
}

function reportTask(
  version: DatasetVersion,
  { test, valid }: { test: TaskScores; valid: TaskScores | undefined },
  { train }: Pick<TaskKnowledge, 'train'>,
  { options, titles }: Pick<TaskSettings, 'options' | 'titles'>,
): { report: TaskReport } & Pick<TaskFindings, 'slices' | 'wordings'> {
  const { task, kind } = test;
  const list = kind === 'choice' ? listsOf([...test.rows, ...(valid?.rows ?? [])]) : undefined;
  const { metrics, main } = metricsOf(kind, list?.longest ?? 0);
  const onTest = new Resampled(test.users.count, options);
  const testSplit = askForSplit(onTest, test, metrics, 'test');
  const byLikelihood =
    kind === 'choice' ? test.rows.filter(({ instruction }) => instruction.scored === 'likelihood').length : 0;
  const scorings = askForScorings(onTest, test, metrics, byLikelihood === 0 ? [] : SCORINGS);
  const beyond = askBeyondAccuracy(onTest, test, train, list?.longest ?? 0);
  const idModels = idModelsOf(main, list?.name ?? null, test, valid, titles);
  const best = idModels.best.map(({ model }) => model);
  const sliced = slicedTask(test, main, best);
  const [slices, wordings] = [askForSlices(onTest, sliced), askForWordingGap(onTest, sliced)];
  const validSplit = valid && askForSplit(new Resampled(valid.users.count, options), valid, metrics, 'valid')();
  const both = [testSplit(), ...(validSplit ? [validSplit] : [])];
  const baseline = bestOf(kind, main, list?.name ?? null, test, valid);
  const report: Omit<TaskReport, 'verdicts'> = {
    task,
    kind,
    list: list?.name ?? null,
    drawn: list ? samplerOf(version) : null,
    metrics,
    main,
    baseline,
    idModels,
    splits: both.map(({ result }) => result),
    differences: both.flatMap(({ differences }) => differences),
    beyond: beyond(),
    curve: taskCurve(test, list?.longest ?? 0, [...(baseline ? [baseline.model] : []), ...best.slice(0, 1)]),
    byLikelihood,
    scorings: scorings(),
  };
  return { report: { ...report, verdicts: taskVerdicts(report, titles) }, slices: slices(), wordings: wordings() };
}

/** Which ID models the adapter has to beat, and how far they move with the seed. */
function idModelsOf(
  main: TaskMetricId,
  list: string | null,
  test: TaskScores,
  valid: TaskScores | undefined,
  titles: Titles,
): IdModelStanding {
  const models = test.models.filter(isIdModel);
  const onValid = (model: IdModelId) => valid && onAllUsers(valid.statistic(model, main), valid.users);
  const told = { title: metricTitle(main, list), better: taskMetric(main).better, titles };
  const valuesOf = (model: IdModelId) =>
    Array.from({ length: test.seedsOf(model) }, (_, seed) =>
      onAllUsers(test.statistic(model, main, { seed }), test.users),
    );
  return { best: bestIdModels(models, onValid, told), spread: spreadOfSeeds(models, valuesOf) };
}

/** "1+9", or "1+3 to 1+9" where the lists differ in length. */
export function listsOf(rows: readonly { readonly instruction: Pick<Instruction, 'candidates'> }[]): {
  name: string;
  longest: number;
} {
  const lengths = rows.map(({ instruction }) => instruction.candidates?.length ?? 0);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  const name = (length: number) => `1+${length - 1}`;
  return { name: shortest === longest ? name(longest) : `${name(shortest)} to ${name(longest)}`, longest };
}

/** Where a recipe draws the candidates beside the target; null where it cannot be read. */
function samplerOf({ recipe }: DatasetVersion): string | null {
  return DatasetRecipe.safeParse(recipe).data?.candidates?.sampler ?? null;
}

/** The trivial baseline with the best main metric on valid, so that the choice never looks at test; of equal ones the first. */
function bestOf(
  kind: TaskKind,
  main: TaskMetricId,
  list: string | null,
  test: TaskScores,
  valid: TaskScores | undefined,
): TaskReport['baseline'] {
  const known = TASK_BASELINES[kind].filter((model) => test.models.includes(model));
  const [first] = known;
  if (first === undefined) return null;
  const title = metricTitle(main, list);
  const sign = taskMetric(main).better === 'higher' ? 1 : -1;
  let best: { model: typeof first; value: number } | undefined;
  for (const model of known) {
    const value = valid && onAllUsers(valid.statistic(model, main), valid.users);
    if (value !== undefined && (best === undefined || sign * value > sign * best.value)) best = { model, value };
  }
  if (best === undefined) {
    return {
      model: first,
      chosenBy: `No ${title} can be given on valid, so the baseline is "${TASK_MODEL_TITLES[first]}" by rule.`,
    };
  }
  return {
    model: best.model,
    chosenBy: `Chosen as the trivial baseline with the best ${title} on valid (${figure(best.value)}), without looking at test.`,
  };
}
