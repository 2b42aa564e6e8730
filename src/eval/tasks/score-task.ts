import { RectuneError } from '../../core/errors.js';
import type { Prediction } from '../../core/prediction.js';
import type { Scoring, TaskKind, TaskMetricId, TaskModelId } from '../../core/task-report.js';
import type { TaskName } from '../../core/template.js';
import { coOccurrence } from '../baselines/co-occurrence.js';
import type { frequentPosition } from '../baselines/frequent-position.js';
import { popularity, uniformChance } from '../baselines/popularity.js';
import { ratingMeans } from '../baselines/rating-means.js';
import type { KnownInteraction } from '../baselines/train-log.js';
import type { FittedSplit } from '../fitted-scores.js';
import { expectedRating } from '../metrics/expected-rating.js';
import { type RankedList, targetRank } from '../metrics/ranked-list.js';
import { hitRate } from '../metrics/ranking.js';
import { indexUsers, type UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import { CHOICE_METRIC, RATING_METRIC, type TaskMetric, TEXT_METRIC } from './task-metric.js';
import type { TaskRow } from './task-rows.js';

/** Some rows of a task, how a choice gets its number (by the sum of its log-likelihoods without it), and under which seed. */
export interface Part {
  readonly rows?: readonly number[] | undefined; // places in the task's rows; all without it
  readonly scoring?: Scoring | undefined;
  readonly seed?: number | undefined; // place among the seeds of an ID model; the first without it
}

/** The rows of one task with everything that answers them. Models and baselines go through the same metrics. */
export interface TaskScores {
  readonly task: TaskName;
  readonly kind: TaskKind;
  readonly rows: readonly TaskRow[];
  readonly users: UserIndex; // of all rows: a part of them is resampled with the same users
  readonly models: readonly TaskModelId[]; // that say something here
  seedsOf(model: TaskModelId): number; // under how many seeds it does
  statistic(model: TaskModelId, metric: TaskMetricId, part?: Part): UserStatistic;
  /** A model's score of each candidate of each row; only rows that are lists have them. */
  candidateScores?(model: TaskModelId): (readonly number[])[];
  /** What a model says of each row, as one number: the target's rank, the rating, nats a token; an ID model under its first seed, or another. */
  said(model: TaskModelId, seed?: number): number[];
  /** Share of the rows whose target is among a model's k best; undefined: these rows have no lists. */
  within(model: TaskModelId, k: number): number | undefined;
  /** The rating that each row's user gave; null: other kinds of rows have no such number. */
  given(): (number | null)[];
}

/** What baselines know. */
export interface TaskKnowledge {
  readonly train: readonly KnownInteraction[];
  readonly places: ReturnType<typeof frequentPosition>; // where in a list the target stood in train
  readonly ratings: readonly number[]; // every rating of the log, ascending
}

/**
 * fitted  what ID models say of the split
 * throws  RectuneError 'data' when ratings are asked for on another scale than the log's, or a fit does not hold the rows
 */
export function scoreTask(
  { task, kind, rows }: { task: TaskName; kind: TaskKind; rows: readonly TaskRow[] },
  knowledge: TaskKnowledge,
  fitted?: FittedSplit,
): TaskScores {
  const users = indexUsers(rows.map(({ instruction }) => instruction.userId));
  const common = { task, kind, rows, users };
  switch (kind) {
    case 'choice': {
      const models = choiceModels(rows, knowledge, fitted);
      return {
        ...common,
        ...answeredBy(users, CHOICE_METRIC, models, RANKED),
        candidateScores: (model) => (models.get(model)?.of({}) ?? []).map(({ scores }) => scores),
      };
    }
    case 'rating':
      return { ...common, ...answeredBy(users, RATING_METRIC, ratingModels(rows, knowledge), RATED) };
    case 'text':
      return { ...common, ...answeredBy(users, TEXT_METRIC, textModels(rows), { said: lossPerToken }) };
  }
}

/** What a model's answers to all rows come to. */
interface Outcomes<Row> {
  readonly seeds: number;
  of(how: { scoring?: Scoring | undefined; seed?: number | undefined }): Row[];
}

/** An outcome as numbers that a reader can look at. */
interface Numbers<Row> {
  said(row: Row): number;
  given?(row: Row): number;
  within?(row: Row, k: number): number;
}

const RANKED: Numbers<RankedList> = { said: expectedRank, within: (list, k) => hitRate(list, k) as number };
const RATED: Numbers<Rated> = { said: ({ predicted }) => predicted, given: ({ actual }) => actual };

function answeredBy<Row>(
  users: UserIndex,
  metrics: Readonly<Partial<Record<TaskMetricId, TaskMetric<Row>>>>,
  models: ReadonlyMap<TaskModelId, Outcomes<Row>>,
  { said, given, within }: Numbers<Row>,
): Pick<TaskScores, 'models' | 'seedsOf' | 'statistic' | 'said' | 'given' | 'within'> {
  const known = new Map<string, Row[]>();
  const outcomesOf = (model: TaskModelId, { scoring = 'sum', seed = 0 }: Omit<Part, 'rows'> = {}): Row[] => {
    const key = `${model} ${scoring} ${seed}`;
    const outcomes = known.get(key) ?? models.get(model)?.of({ scoring, seed });
    if (!outcomes) throw new Error(`${model} says nothing of this task`);
    known.set(key, outcomes);
    return outcomes;
  };
  return {
    models: [...models.keys()],
    seedsOf: (model) => models.get(model)?.seeds ?? 0,
    statistic(model, metric, { rows, ...how } = {}) {
      const found = metrics[metric];
      if (!found) throw new Error(`${metric} is not known for this task`);
      const all = outcomesOf(model, how);
      if (rows === undefined) return found.byUsers(all, users);
      return found.byUsers(
        rows.map((row) => all[row] as Row),
        partOfUsers(users, rows),
      );
    },
    said: (model, seed) => outcomesOf(model, { seed }).map(said),
    within(model, k) {
      if (!within) return undefined;
      const all = outcomesOf(model);
      return all.reduce((sum, row) => sum + within(row, k), 0) / all.length;
    },
    given: () => outcomesOf('adapter').map((row) => given?.(row) ?? null),
  };
}

/** Mean over the ranks that a random tie break may give the target. */
function expectedRank({ groups }: RankedList): number {
  const own = groups.findIndex(({ relevant }) => relevant > 0);
  const above = groups.slice(0, own).reduce((sum, { size }) => sum + size, 0);
  return above + ((groups[own]?.size ?? 0) + 1) / 2;
}

function lossPerToken({ logLikelihood, tokens }: Written): number {
  return -logLikelihood / tokens;
}

/** The users of some rows, numbered as they are among all. */
export function partOfUsers({ count, ofRow }: UserIndex, rows: readonly number[]): UserIndex {
  return { count, ofRow: Uint32Array.from(rows, (row) => ofRow[row] as number) };
}

/**
 * One number a choice. Letters and labels are told apart by the first token that differs, whatever else the answer holds; of two labels a prediction
 * keeps the log-odds alone, which is the first's score where the second's is 0.
 */
export function choiceScores(
  { scored }: Pick<TaskRow['instruction'], 'scored'>,
  { choices, logOdds }: Pick<Prediction, 'choices' | 'logOdds'>,
  scoring: Scoring,
): number[] {
  if (choices === null) return [logOdds as number, 0];
  return choices.map(({ sum, tokens, first }) => {
    if (scored === 'first-token' || scoring === 'first') return first;
    return scoring === 'mean' ? sum / tokens : sum;
  });
}

/** Of a model that answers once. */
function withoutSeeds<Row>(of: (scoring: Scoring) => Row[]): Outcomes<Row> {
  return { seeds: 1, of: ({ scoring = 'sum' }) => of(scoring) };
}

/** A list's ranks, and the scores that they come from. */
type ScoredList = RankedList & { readonly scores: readonly number[] };

function choiceModels(
  rows: readonly TaskRow[],
  { train, places }: TaskKnowledge,
  fitted: FittedSplit | undefined,
): Map<TaskModelId, Outcomes<ScoredList>> {
  const listOf = ({ instruction }: TaskRow) => instruction.candidates as readonly string[];
  const ranks = (row: TaskRow, scores: readonly number[]): ScoredList => {
    return { ...targetRank(scores, listOf(row).indexOf(row.instruction.itemId)), scores };
  };
  const ranked = (scoresOf: (row: TaskRow, scoring: Scoring) => number[]): Outcomes<ScoredList> =>
    withoutSeeds((scoring) => rows.map((row) => ranks(row, scoresOf(row, scoring))));
  const [popular, together] = [popularity(train), coOccurrence(train)];
  const instructions = rows.map(({ instruction }) => instruction);
  const byIdModels = (fitted?.models('choice') ?? []).map((model): [TaskModelId, Outcomes<ScoredList>] => {
    const scores = fitted?.scores(model, 'choice', instructions) ?? [];
    const of = ({ seed = 0 }) => rows.map((row, place) => ranks(row, scores[seed]?.[place] as readonly number[]));
    return [model, { seeds: scores.length, of }];
  });
  return new Map<TaskModelId, Outcomes<ScoredList>>([
    ['adapter', ranked((row, scoring) => choiceScores(row.instruction, row.adapter, scoring))],
    ['base', ranked((row, scoring) => choiceScores(row.instruction, row.base, scoring))],
    ['popularity', ranked((row) => popular(listOf(row)))],
    ['co-occurrence', ranked((row) => together(listOf(row), row.history))],
    ['frequent-position', ranked((row) => places(listOf(row)))],
    ['chance', ranked((row) => uniformChance(listOf(row)))],
    ...byIdModels,
  ]);
}

type Rated = { predicted: number; actual: number };

function ratingModels(rows: readonly TaskRow[], { train, ratings }: TaskKnowledge): Map<TaskModelId, Outcomes<Rated>> {
  // A recipe may leave out the rating 0 ("met, not rated"): then no row offers it.
  const offered = rows[0]?.instruction.choices?.length;
  const scale = ratings.length - 1 === offered && ratings[0] === 0 ? ratings.slice(1) : ratings;
  const given = rows.map(({ instruction: { row, answer, choices } }) => {
    if (choices?.length !== scale.length) {
      throw new RectuneError(
        'data',
        `row ${row} offers ${choices?.length} ratings, and the log has ${scale.length}: ${scale.join(', ')}`,
        'the log of the dataset version',
        'import the log from which the version was built, or build the version again',
      );
    }
    return scale[choices.indexOf(answer)] as number;
  });
  const rated = (predict: (row: TaskRow) => number): Outcomes<Rated> => {
    return withoutSeeds(() => rows.map((row, i) => ({ predicted: predict(row), actual: given[i] as number })));
  };
  const expected = (row: TaskRow, by: 'adapter' | 'base') =>
    expectedRating(choiceScores(row.instruction, row[by], 'sum'), scale) as number;
  const models = new Map<TaskModelId, Outcomes<Rated>>([
    ['adapter', rated((row) => expected(row, 'adapter'))],
    ['base', rated((row) => expected(row, 'base'))],
  ]);
  const means = ratingMeans(train);
  if (means) {
    models.set(
      'user-item-bias',
      rated(({ instruction: { userId, itemId } }) => means.ofBoth(userId, itemId)),
    );
    models.set(
      'user-mean',
      rated(({ instruction: { userId } }) => means.ofUser(userId)),
    );
    models.set(
      'item-mean',
      rated(({ instruction: { itemId } }) => means.ofItem(itemId)),
    );
    models.set(
      'global-mean',
      rated(() => means.global),
    );
  }
  return models;
}

type Written = { logLikelihood: number; tokens: number };

function textModels(rows: readonly TaskRow[]): Map<TaskModelId, Outcomes<Written>> {
  const written = (by: 'adapter' | 'base'): Outcomes<Written> => {
    return withoutSeeds(() =>
      rows.map((row) => {
        const [own] = row[by].choices ?? [];
        if (!own) throw new Error(`row ${row.instruction.row} was aligned without its answer`);
        return { logLikelihood: own.sum, tokens: own.tokens };
      }),
    );
  };
  return new Map([
    ['adapter', written('adapter')],
    ['base', written('base')],
  ]);
}
