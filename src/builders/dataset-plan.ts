import { nearestWord, RectuneError } from '../core/errors.js';
import type { Split } from '../core/instruction.js';
import type { Item, User } from '../core/interaction.js';
import { type CandidateRule, type ColumnRoles, DatasetRecipe, type LabelRule } from '../core/recipe.js';
import type { Source } from '../core/source.js';
import type { Store } from '../store/store.js';
import { type Admitted, admit } from './admit.js';
import { drawCandidates, makePool, type Pool } from './candidates/draw-candidates.js';
import { columnRoles } from './column-roles.js';
import { attributesOf, type LogFields, missingColumns } from './coverage.js';
import { type Example, exampleCount, examplePlaces, isLiked, makeExamples } from './examples.js';
import { ItemTexts } from './item-texts.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import { categoriesOf, type LogKnowledge, TrainKnowledge } from './log-knowledge.js';
import { LogTable } from './log-table.js';
import { Mixture } from './mixture.js';
import { type Placed, splitExamples } from './split.js';
import { type UserSequence, UserSequences } from './user-sequences.js';
import { writtenSlots } from './writers.js';

/** All that is decided before the first row is rendered. */
export interface DatasetPlan {
  readonly source: Source;
  readonly recipe: DatasetRecipe;
  readonly mixture: Mixture;
  readonly log: LogKnowledge;
  readonly sequences: UserSequences;
  readonly leftOut: Admitted['leftOut'];
  readonly examples: number;
  readonly pool: Pool;
  /** Texts of the items by the fields that a template declares. */
  textsFor(template: Template): ItemTexts;
  /** Texts by which items are let in: those of the only template, else titles alone. */
  readonly texts: ItemTexts;
  /** Each example that is in a split, in the order of the log's users. */
  placedExamples(): Generator<{ readonly example: Example; readonly split: Split }, void>;
  /** The candidate list of an example; undefined: the recipe draws none. */
  candidates(example: Example): readonly string[] | undefined;
  /** The candidate list of an example by a rule that need not be the recipe's. */
  candidatesBy(rule: CandidateRule, example: Example): readonly string[];
  /** Items that a user met at any time. */
  metBy(userId: string): ReadonlySet<string>;
}

/** throws  RectuneError 'usage' for a recipe or template that does not fit, 'data' for a log that does not */
export function planDataset(store: Store, loaded: LoadedRecipe): DatasetPlan {
  const source = findSource(store, loaded);
  const recipe = DatasetRecipe.parse({ ...loaded, label: labelOf(loaded, source) });
  const items = store.sources.items(source.id);
  const users = store.sources.users(source.id);
  const all = readTable(store, source.id);
  const columns = logFields(all, recipe.columns ?? {}, items, users, `${loaded.file}: columns`);
  const { roles } = columns;
  // Of the only template of a version, ItemTexts names the field and the rows name the rest.
  const mixture = new Mixture(
    loaded,
    loaded.mix && ((template) => missingColumns(template, columns, writtenSlots(loaded))),
  );
  const known = new Map<string, ItemTexts>();
  const textsOf = (fields: readonly string[]): ItemTexts => {
    const key = fields.join();
    const found = known.get(key) ?? new ItemTexts(items, fields, source.id, roles);
    known.set(key, found);
    return found;
  };
  const byTemplate = new Map<Template, ItemTexts>();
  const [only] = mixture.templates;
  const texts = textsOf(mixture.templates.length === 1 && only ? only.head.fields : []);
  const { table, leftOut } = admit(all, recipe, texts);
  const sequences = new UserSequences(table, recipe.examples.order);
  const places = {
    size: exampleCount(sequences, recipe.examples, loaded.file),
    [Symbol.iterator]: () => placed(sequences, recipe, loaded.file),
  };
  const splits = splitExamples(places, recipe.split, () => table.timestamps.slice().sort(), loaded.file);

  let train: TrainKnowledge | undefined;
  const log: LogKnowledge = {
    items,
    users,
    roles,
    scale: table.scale().map(String),
    categories: [...new Set([...items.values()].flatMap((item) => categoriesOf(item, roles)))].sort(),
    // Most recipes never ask for it, and it holds every interaction.
    get train() {
      train ??= knowTrain(sequences, splits, recipe, loaded.file);
      return train;
    },
  };
  let pool: Pool | undefined;
  const itemsMetBy = (user: number): ReadonlySet<string> => {
    return new Set(Array.from(sequences.rows(user), (row) => table.itemIds[table.items[row] as number] as string));
  };
  let last: { userId: string; met: ReadonlySet<string> } | undefined; // examples come user by user
  const metBy = (userId: string): ReadonlySet<string> => {
    if (last?.userId !== userId) last = { userId, met: itemsMetBy(sequences.userOf(userId) as number) };
    return last.met;
  };
  const plan: DatasetPlan = {
    source,
    recipe,
    mixture,
    log,
    sequences,
    leftOut,
    examples: splits.length,
    get pool() {
      if (pool === undefined) {
        const printed = [...items.values()].filter(({ itemId }) => texts.find(itemId));
        pool = makePool(new Map(printed.map(({ itemId, title }) => [itemId, title])), log);
      }
      return pool;
    },
    texts,
    textsFor(template) {
      const found = byTemplate.get(template) ?? textsOf(template.head.fields);
      byTemplate.set(template, found);
      return found;
    },
    *placedExamples() {
      let i = 0;
      for (const example of makeExamples(sequences, recipe.examples, loaded.file)) {
        const split = splits[i++];
        if (split !== undefined) yield { example, split };
      }
    },
    candidates(example) {
      return recipe.candidates && plan.candidatesBy(recipe.candidates, example);
    },
    candidatesBy(rule, example) {
      const disliked = example.history.filter((one) => !isLiked(one, recipe.label)).map(({ itemId }) => itemId);
      return drawCandidates(example, rule, log, plan.pool, metBy(example.userId), disliked);
    },
    metBy,
  };
  return plan;
}

/** The log as a table; its attributes are read again user by user, for reviews would fill the memory. */
export function readTable(store: Store, sourceId: string): LogTable {
  const { sources } = store;
  return LogTable.read({
    size: sources.rowCount(sourceId),
    userIds: sources.userIds(sourceId),
    itemIds: sources.itemIds(sourceId),
    batches: sources.columns(sourceId),
    attributeNames: sources.attributeNames(sourceId),
    attributesAt: (lines) => sources.attributesAt(sourceId, lines),
  });
}

/** What of the examples decides their split. */
function* placed(sequences: UserSequences, { examples }: DatasetRecipe, file: string): Generator<Placed, void> {
  const { timestamps, lines } = sequences.table;
  for (const { user, target, fromLast } of examplePlaces(sequences, examples, file)) {
    const row = sequences.rows(user)[target] as number;
    const timestamp = timestamps[row] as number;
    const time = { timestamp: Number.isNaN(timestamp) ? null : timestamp, logIndex: lines[row] as number };
    yield { userId: sequences.userId(user), fromLast, target: time };
  }
}

/** What the log has, beside the columns that every log has. */
export function logFields(
  log: LogTable,
  named: ColumnRoles,
  items: ReadonlyMap<string, Item>,
  users: ReadonlyMap<string, User>,
  where?: string,
): LogFields {
  const itemAttributes = attributesOf(items.values());
  const roles = columnRoles(named, itemAttributes, log.attributeNames, where);
  return { roles, items: itemAttributes, users: attributesOf(users.values()), rating: log.hasRatings };
}

/** Targets and histories of train, without anything that valid or test asks for. */
function knowTrain(
  sequences: UserSequences,
  splits: readonly (Split | undefined)[],
  recipe: DatasetRecipe,
  file: string,
): TrainKnowledge {
  const train = new TrainKnowledge();
  const done = new Uint8Array(sequences.table.size); // rows that were counted, or that valid or test asks for
  let i = 0;
  for (const { user, target } of examplePlaces(sequences, recipe.examples, file)) {
    if (splits[i++] !== 'train') done[sequences.rows(user)[target] as number] = 1;
  }
  i = 0;
  let last: { user: number; sequence: UserSequence } | undefined;
  for (const { user, begin, end, target } of examplePlaces(sequences, recipe.examples, file)) {
    if (splits[i++] !== 'train') continue;
    if (last?.user !== user) last = { user, sequence: sequences.sequence(user) };
    const rows = sequences.rows(user);
    const add = (place: number): void => {
      const row = rows[place] as number;
      const interaction = last?.sequence.interactions[place];
      if (done[row] === 1 || interaction === undefined) return;
      done[row] = 1;
      train.add(interaction, isLiked(interaction, recipe.label));
    };
    for (let place = begin; place < end; place++) add(place);
    add(target);
  }
  return train;
}

/** The recipe's own rule, or that of the log. */
function labelOf(recipe: LoadedRecipe, source: Source): LabelRule {
  const rule = recipe.label ?? source.label;
  if (rule) return rule;
  const what = `neither the recipe nor the log "${source.id}" says when an interaction counts as liked`;
  const fix = 'write e.g. "label: { kind: rating-above, threshold: 3 }" in the recipe, or in source.yaml';
  throw new RectuneError('usage', what, `${recipe.file}: label`, fix);
}

function findSource(store: Store, recipe: LoadedRecipe): Source {
  const source = store.sources.find(recipe.source);
  if (source) return source;
  const known = store.sources.list().map(({ id }) => id);
  const near = nearestWord(recipe.source, known);
  const have = known.length > 0 ? `; imported are ${known.join(', ')}` : '';
  const fix = near ? `did you mean "${near}"?` : `run "rectune import FOLDER" with that log first${have}`;
  throw new RectuneError('usage', `the log "${recipe.source}" is not imported`, `${recipe.file}: source`, fix);
}
