import { type IdModelId, isIdModel } from '../../core/id-models.js';
import type { Slice, SliceKind, SliceMetric, WordingGap } from '../../core/task-report.js';
import type { TaskName } from '../../core/template.js';
import { aucByUsers } from '../metrics/auc.js';
import { type Distribution, difference } from '../statistics/distribution.js';
import { indexUsers } from '../statistics/user-index.js';
import type { UserStatistic } from '../statistics/user-statistic.js';
import type { Resampled } from './compare-task.js';
import { FACTS } from './row-facts.js';
import { partOfUsers, type TaskScores } from './score-task.js';
import type { TaskRow } from './task-rows.js';

type Who = 'adapter' | 'base' | IdModelId;

/** The rows of a task and the metric by which parts of them are compared. */
export interface Sliced {
  readonly task: TaskName;
  readonly metric: SliceMetric;
  readonly rows: readonly TaskRow[];
  readonly repeats: boolean; // whether a target that the history shows is another matter
  readonly idModels: readonly IdModelId[]; // that stand beside the adapter
  statistic(model: Who, rows: readonly number[]): UserStatistic;
}

export function slicedTask(
  scores: TaskScores,
  main: Exclude<SliceMetric, 'auc'>,
  idModels: readonly IdModelId[],
): Sliced {
  return {
    idModels,
    task: scores.task,
    metric: main,
    rows: scores.rows,
    repeats: scores.kind === 'choice',
    statistic: (model, rows) => scores.statistic(model, main, { rows }),
  };
}

/**
 * rows    judgements
 * fitted  what ID models say of each of them
 */
export function slicedJudgements(rows: readonly TaskRow[], fitted: ReadonlyMap<IdModelId, readonly number[]>): Sliced {
  const users = indexUsers(rows.map(({ instruction }) => instruction.userId));
  const saidOf = (model: Who): readonly number[] =>
    isIdModel(model) ? (fitted.get(model) as readonly number[]) : rows.map((row) => row[model].logOdds as number);
  const said = new Map<Who, readonly number[]>();
  return {
    idModels: [...fitted.keys()],
    task: 'judgement',
    metric: 'auc',
    rows,
    repeats: false,
    statistic: (model, part) => {
      const scores = said.get(model) ?? saidOf(model);
      said.set(model, scores);
      return aucByUsers(
        part.map((place) => scores[place] as number),
        part.map((place) => rows[place]?.instruction.label === true),
        partOfUsers(users, part),
      );
    },
  };
}

/** Parts of the rows by template family, cell of the grid, wording, repeated target and facts of the log; a division into one part is left out. */
export function askForSlices(resampled: Resampled, sliced: Sliced): () => Slice[] {
  const parts = divisions(sliced).flatMap(({ by, nameOf }) => {
    const places = placesBy(sliced.rows, nameOf);
    return places.size < 2 ? [] : [...places].map(([name, rows]) => ({ by, name, rows }));
  });
  const asked = parts.map((part) => ({
    ...part,
    ...askForBoth(resampled, sliced, part.rows),
    beside: sliced.idModels.map((model) => ({ model, read: resampled.ask(sliced.statistic(model, part.rows)) })),
  }));
  return () =>
    asked.map(({ by, name, rows, adapter, base, beside }) => ({
      task: sliced.task,
      metric: sliced.metric,
      by,
      name,
      rows: rows.length,
      users: new Set(rows.map((row) => sliced.rows[row]?.instruction.userId)).size,
      adapter: resampled.estimate(adapter()),
      base: resampled.estimate(base()),
      difference: resampled.estimate(difference(adapter(), base())),
      idModels: beside.map(({ model, read }) => ({ model, estimate: resampled.estimate(read()) })),
    }));
}

/** Unseen minus seen wordings; nothing when the rows hold only one of the two. */
export function askForWordingGap(resampled: Resampled, sliced: Sliced): () => WordingGap[] {
  const seenRows = placesWhere(sliced.rows, ({ unseen }) => !unseen);
  const unseenRows = placesWhere(sliced.rows, ({ unseen }) => unseen);
  if (seenRows.length === 0 || unseenRows.length === 0) return () => [];
  const [seen, unseen] = [askForBoth(resampled, sliced, seenRows), askForBoth(resampled, sliced, unseenRows)];
  return () => {
    const adapter = difference(unseen.adapter(), seen.adapter());
    const base = difference(unseen.base(), seen.base());
    return [
      {
        task: sliced.task,
        metric: sliced.metric,
        seenRows: seenRows.length,
        unseenRows: unseenRows.length,
        adapter: resampled.estimate(adapter),
        base: resampled.estimate(base),
        difference: resampled.estimate(difference(adapter, base)),
      },
    ];
  };
}

/** Whether the row's target stands in the history that the prompt shows. */
export function isRepeat({ instruction, history }: TaskRow): boolean {
  return history.includes(instruction.itemId);
}

interface Division {
  readonly by: SliceKind;
  readonly nameOf: (row: TaskRow) => string | undefined; // undefined: in no part
}

/** The parts that a row is in, by division. */
export function partsOfRow(row: TaskRow, sliced: Pick<Sliced, 'repeats'>): Partial<Record<SliceKind, string>> {
  return Object.fromEntries(
    divisions(sliced).flatMap(({ by, nameOf }) => (nameOf(row) === undefined ? [] : [[by, nameOf(row)]])),
  );
}

function divisions({ repeats }: Pick<Sliced, 'repeats'>): Division[] {
  return [
    { by: 'family', nameOf: ({ family }) => family },
    { by: 'cell', nameOf: ({ cell }) => cell },
    { by: 'wording', nameOf: ({ unseen }) => (unseen ? 'unseen in train' : 'seen in train') },
    ...(repeats
      ? [
          {
            by: 'repeat',
            nameOf: (row) => (isRepeat(row) ? 'target in the shown history' : 'target not shown before'),
          } satisfies Division,
        ]
      : []),
    ...FACTS.map((by): Division => ({ by, nameOf: ({ facts }) => facts[by] })),
  ];
}

function askForBoth(
  resampled: Resampled,
  sliced: Sliced,
  rows: readonly number[],
): Record<'adapter' | 'base', () => Distribution> {
  return {
    adapter: resampled.ask(sliced.statistic('adapter', rows)),
    base: resampled.ask(sliced.statistic('base', rows)),
  };
}

function placesWhere(rows: readonly TaskRow[], holds: (row: TaskRow) => boolean): number[] {
  return rows.flatMap((row, place) => (holds(row) ? [place] : []));
}

/** Places of the rows by name, names in order. */
function placesBy(rows: readonly TaskRow[], nameOf: Division['nameOf']): Map<string, number[]> {
  const names = [...new Set(rows.map(nameOf))].filter((name) => name !== undefined).sort();
  return new Map(names.map((name) => [name, placesWhere(rows, (row) => nameOf(row) === name)]));
}
