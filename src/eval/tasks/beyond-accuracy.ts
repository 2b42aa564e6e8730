import type { BeyondAccuracy, TaskModelId, TaskReport } from '../../core/task-report.js';
import { cosineOfUsers, usersOfItems } from '../baselines/item-users.js';
import { popularity } from '../baselines/popularity.js';
import type { KnownInteraction } from '../baselines/train-log.js';
import { coverage, gini } from '../metrics/catalogue.js';
import { intraListSimilarity } from '../metrics/intra-list-similarity.js';
import { novelty } from '../metrics/novelty.js';
import { popularityLiftByUsers } from '../metrics/popularity-lift.js';
import { meanOfShown, type ShownList, shownList } from '../metrics/shown-list.js';
import { ratioOfRows } from '../statistics/ratio-statistic.js';
import type { UserIndex } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import type { Resampled } from './compare-task.js';
import type { TaskScores } from './score-task.js';

const MOST_SHOWN = 10;

/** K: half of the longest list, at most 10. All of a list would be the same for every model. */
export function shownOf(longest: number): number {
  return Math.max(1, Math.min(MOST_SHOWN, Math.floor(longest / 2)));
}

/**
 * Figures of the K best of each list, of every model; null for rows that are no lists.
 *
 * longest  number of candidates of the longest list
 */
export function askBeyondAccuracy(
  resampled: Resampled,
  scores: TaskScores,
  train: readonly KnownInteraction[],
  longest: number,
): () => TaskReport['beyond'] {
  const { candidateScores } = scores;
  if (!candidateScores) return () => null;
  const k = shownOf(longest);
  const candidates = scores.rows.map(({ instruction }) => instruction.candidates ?? []);
  const catalogue = new Set(candidates.flat());
  const known = knowledgeOf(train);
  const asked = scores.models.map((model) => {
    const lists = candidateScores(model).map((own, row) => shownList(candidates[row] ?? [], own, k));
    return askForModel(resampled, scores, known, model, lists, catalogue);
  });
  return () => ({ k, catalogue: catalogue.size, models: asked.map((read) => read()) });
}

interface Known {
  readonly interactions: (item: string) => number;
  readonly all: number;
  readonly similarity: (a: string, b: string) => number;
}

function knowledgeOf(train: readonly KnownInteraction[]): Known {
  const times = popularity(train);
  const cosine = cosineOfUsers(usersOfItems(train));
  const found = new Map<string, number>();
  return {
    interactions: (item) => times([item])[0] as number,
    all: train.length,
    similarity: (a, b) => {
      const key = JSON.stringify(a < b ? [a, b] : [b, a]);
      const value = found.get(key) ?? cosine(a, b);
      found.set(key, value);
      return value;
    },
  };
}

function askForModel(
  resampled: Resampled,
  { rows, users }: TaskScores,
  { interactions, all, similarity }: Known,
  model: TaskModelId,
  lists: readonly ShownList[],
  catalogue: ReadonlySet<string>,
): () => BeyondAccuracy {
  const ofRows = (value: (list: ShownList) => number | undefined) =>
    resampled.ask(meanOfDefined(lists.map(value), users));
  const noveltyOf = ofRows((list) => novelty(list, interactions, all));
  const similarityOf = ofRows((list) => intraListSimilarity(list, similarity));
  const popularityRows = lists.map((list, row) => ({
    shown: meanOfShown(list, interactions),
    history: meanOfShown({ sure: rows[row]?.history ?? [], open: [], seats: 0 }, interactions),
  }));
  const lift = resampled.ask(popularityLiftByUsers(popularityRows, users));
  return () => ({
    model,
    coverage: coverage(lists, catalogue) ?? null,
    gini: gini(lists, catalogue) ?? null,
    novelty: resampled.estimate(noveltyOf()),
    similarity: resampled.estimate(similarityOf()),
    popularityLift: resampled.estimate(lift()),
  });
}

/** Mean over the rows that have a value. */
function meanOfDefined(values: readonly (number | undefined)[], users: UserIndex): UserStatistic {
  return ratioOfRows(
    values.map((value) => value ?? 0),
    values.map((value) => (value === undefined ? 0 : 1)),
    users,
  );
}
