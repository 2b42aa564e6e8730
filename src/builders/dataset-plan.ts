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
import { type Example, type ExamplePlace, exampleAt, exampleCount, examplePlaces, isLiked } from './examples.js';
import { ItemTexts } from './item-texts.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import { categoriesOf, type Learned, type LogKnowledge, TrainKnowledge } from './log-knowledge.js';
import { hasRatings, type LogRows } from './log-table.js';
import { Mixture } from './mixture.js';
import { RankedTimes } from './ranked-times.js';
import { readLog } from './read-log.js';
import { type ExampleSplits, type Placed, splitExamples } from './split.js';
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
  /** Where the examples stand that are in a split, in the order of the log's users. */
  places(): Generator<{ readonly place: ExamplePlace; readonly split: Split }, void>;
  /** The same examples themselves. */
  placedExamples(): Generator<{ readonly example: Example; readonly split: Split }, void>;
  /** The candidate list of an example; undefined: the recipe draws none. */
  candidates(example: Example): readonly string[] | undefined;
  /** The candidate list of an example by a rule that need not be the recipe's. */
  candidatesBy(rule: CandidateRule, example: Example): readonly string[];
  /** Items that a user met at any time. */
  metBy(userId: string): ReadonlySet<string>;
  /** Removes what of a large log lies on the disk by user. */
  close(): void;
}

/** How much of a log may stand in memory. */
export interface PlanOptions {
  readonly mostRows?: number;
  readonly partRows?: number; // of a log that does not, at once
}

/**
 * options  for tests and measurements
 * returns  to be closed; what of it lies on the disk goes with the process, too
 * throws   RectuneError 'usage' for a recipe or template that does not fit, 'data' for a log that does not
 */
export function planDataset(store: Store, loaded: LoadedRecipe, options: PlanOptions = {}): DatasetPlan {
  const source = findSource(store, loaded);
  const recipe = DatasetRecipe.parse({ ...loaded, label: labelOf(loaded, source) });
  const items = store.sources.items(source.id);
  const users = store.sources.describedUsers(source.id);
  const all = readLog(store, source.id, options.mostRows);
  refuseUnknownTargets(recipe, all.attributeNames, loaded.file);
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
  const { stays, leftOut } = admit(all, recipe, texts);
  const sequences = new UserSequences(all, recipe.examples.order, { ...options, stays, inside: store.folder });
  const splits = closedOnError(sequences, () => {
    const places = {
      size: exampleCount(sequences, recipe.examples, loaded.file),
      [Symbol.iterator]: () => placed(sequences, recipe, loaded.file),
    };
    const times = () => new RankedTimes(() => sequences.times());
    return splitExamples(places, recipe.split, times, loaded.file);
  });

  const log: LogKnowledge = {
    items,
    users,
    roles,
    scale: sequences.scale().map(String),
    categories: [...new Set([...items.values()].flatMap((item) => categoriesOf(item, roles)))].sort(),
    train: new TrainKnowledge(() => learned(sequences, splits, recipe, loaded.file)),
  };
  let pool: Pool | undefined;
  const itemsMetBy = (user: number): ReadonlySet<string> => {
    return new Set(Array.from(sequences.rows(user).items, (item) => sequences.itemId(item)));
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
    *places() {
      let i = 0;
      for (const place of examplePlaces(sequences, recipe.examples, loaded.file)) {
        const split = splits.at(i++);
        if (split !== undefined) yield { place, split };
      }
    },
    *placedExamples() {
      for (const { place, split } of plan.places()) yield { example: exampleAt(sequences, place), split };
    },
    candidates(example) {
      return recipe.candidates && plan.candidatesBy(recipe.candidates, example);
    },
    candidatesBy(rule, example) {
      const disliked = example.history.filter((one) => !isLiked(one, recipe.label)).map(({ itemId }) => itemId);
      return drawCandidates(example, rule, log, plan.pool, metBy(example.userId), disliked);
    },
    metBy,
    close: () => sequences.close(),
  };
  return plan;
}

function closedOnError<T>(sequences: UserSequences, action: () => T): T {
  try {
    return action();
  } catch (error) {
    sequences.close();
    throw error;
  }
}

/** What of the examples decides their split. */
function* placed(sequences: UserSequences, { examples, split }: DatasetRecipe, file: string): Generator<Placed, void> {
  const byTime = split.kind === 'global-time' || split.kind === 'rolling';
  for (const { user, target: place, fromLast } of examplePlaces(sequences, examples, file)) {
    const userId = sequences.userId(user);
    if (byTime) {
      const { timestamps, lines } = sequences.rows(user);
      const timestamp = timestamps[place] as number;
      const target = { timestamp: Number.isNaN(timestamp) ? null : timestamp, logIndex: lines[place] as number };
      yield { userId, fromLast, target };
    } else yield { userId, fromLast, target: undefined };
  }
}

/** What the log has, beside the columns that every log has. */
export function logFields(
  log: LogRows,
  named: ColumnRoles,
  items: ReadonlyMap<string, Item>,
  users: ReadonlyMap<string, User>,
  where?: string,
): LogFields {
  const itemAttributes = attributesOf(items.values());
  const roles = columnRoles(named, itemAttributes, log.attributeNames, where);
  return { roles, items: itemAttributes, users: attributesOf(users.values()), rating: hasRatings(log) };
}

/** Targets and histories of train, each interaction once, without anything that valid or test asks for. */
function* learned(
  sequences: UserSequences,
  splits: ExampleSplits,
  recipe: DatasetRecipe,
  file: string,
): Generator<Learned, void> {
  const done = new Uint8Array(sequences.size); // interactions that were told, or that valid or test asks for
  let i = 0;
  for (const { user, target } of examplePlaces(sequences, recipe.examples, file)) {
    if (splits.at(i++) !== 'train') done[sequences.begin(user) + target] = 1;
  }
  i = 0;
  let last: { user: number; sequence: UserSequence } | undefined;
  for (const { user, begin, end, target } of examplePlaces(sequences, recipe.examples, file)) {
    if (splits.at(i++) !== 'train') continue;
    if (last?.user !== user) last = { user, sequence: sequences.sequence(user) };
    const { interactions } = last.sequence;
    const first = sequences.begin(user);
    const tell = function* (place: number): Generator<Learned, void> {
      const interaction = interactions[place];
      if (done[first + place] === 1 || interaction === undefined) return;
      done[first + place] = 1;
      yield { interaction, liked: isLiked(interaction, recipe.label) };
    };
    for (let place = begin; place < end; place++) yield* tell(place);
    yield* tell(target);
  }
}

/** The recipe's own rule, or that of the log. */
function labelOf(recipe: LoadedRecipe, source: Source): LabelRule {
  const rule = recipe.label ?? source.label;
  if (rule) return rule;
  const what = `neither the recipe nor the log "${source.id}" says when an interaction counts as liked`;
  const fix = 'write e.g. "label: { kind: rating-above, threshold: 3 }" in the recipe, or in source.yaml';
  throw new RectuneError('usage', what, `${recipe.file}: label`, fix);
}

function refuseUnknownTargets({ examples, source }: DatasetRecipe, known: ReadonlySet<string>, file: string): void {
  const name = examples.targets?.attribute;
  if (name === undefined || known.has(name)) return;
  const what = `interactions of "${source}" have no attribute "${name}"`;
  const have = [...known].join(', ') || 'none';
  const fix = `name one of ${have}, or map it in source.yaml: interactions: {attributes: {${name}: COLUMN}}`;
  throw new RectuneError('usage', what, `${file}: examples.targets`, fix);
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
