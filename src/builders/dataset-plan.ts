import { nearestWord, RectuneError } from '../core/errors.js';
import type { Split } from '../core/instruction.js';
import type { Interaction, Item, User } from '../core/interaction.js';
import { type ColumnRoles, DatasetRecipe } from '../core/recipe.js';
import type { Source } from '../core/source.js';
import type { Store } from '../store/store.js';
import { type Admitted, admit } from './admit.js';
import { drawCandidates, makePool, type Pool } from './candidates/draw-candidates.js';
import { columnRoles } from './column-roles.js';
import { attributesOf, type LogColumns, missingColumns } from './coverage.js';
import { type Example, isLiked, makeExamples } from './examples.js';
import { ItemTexts } from './item-texts.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import { categoriesOf, type LogKnowledge, TrainKnowledge } from './log-knowledge.js';
import { Mixture } from './mixture.js';
import { splitExamples } from './split.js';
import { type UserSequence, userSequences } from './user-sequences.js';
import { writtenSlots } from './writers.js';

/** All that is decided before the first row is rendered. */
export interface DatasetPlan {
  readonly source: Source;
  readonly recipe: DatasetRecipe;
  readonly mixture: Mixture;
  readonly log: LogKnowledge;
  readonly sequences: readonly UserSequence[];
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
  /** Items that a user met at any time. */
  metBy(userId: string): ReadonlySet<string>;
}

/** throws  RectuneError 'usage' for a recipe or template that does not fit, 'data' for a log that does not */
export function planDataset(store: Store, loaded: LoadedRecipe): DatasetPlan {
  const source = findSource(store, loaded);
  const recipe = DatasetRecipe.parse(loaded);
  const items = store.sources.items(source.id);
  const users = store.sources.users(source.id);
  const all = [...store.sources.interactions(source.id)];
  const columns = logColumns(all, recipe.columns ?? {}, items, users, `${loaded.file}: columns`);
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
  const [only] = mixture.templates;
  const texts = textsOf(mixture.templates.length === 1 && only ? only.head.fields : []);
  const { interactions, leftOut } = admit(all, recipe, texts);
  const sequences = userSequences(interactions, recipe.examples.order);
  const times = (): Float64Array => Float64Array.from(interactions, ({ timestamp }) => timestamp ?? Number.NaN).sort();
  const examples = [...makeExamples(sequences, recipe.examples, loaded.file)];
  const splits = splitExamples(examples, recipe.split, times, loaded.file);

  const ratings = new Set(interactions.flatMap(({ rating }) => (rating === null ? [] : [rating])));
  const log: LogKnowledge = {
    items,
    users,
    roles,
    scale: [...ratings].sort((a, b) => a - b).map(String),
    categories: [...new Set([...items.values()].flatMap((item) => categoriesOf(item, roles)))].sort(),
    train: knowTrain(examples, splits, recipe),
  };
  const titles = [...items.values()].flatMap(({ itemId, title }): [string, string][] =>
    texts.find(itemId) ? [[itemId, title]] : [],
  );
  const pool = makePool(new Map(titles), log);
  const placeOf = new Map(sequences.map(({ userId }, i) => [userId, i]));
  let last: { userId: string; met: ReadonlySet<string> } | undefined; // examples come user by user
  const metBy = (userId: string): ReadonlySet<string> => {
    if (last?.userId !== userId) {
      const own = sequences[placeOf.get(userId) ?? -1]?.interactions ?? [];
      last = { userId, met: new Set(own.map(({ itemId }) => itemId)) };
    }
    return last.met;
  };
  return {
    source,
    recipe,
    mixture,
    log,
    sequences,
    leftOut,
    examples: examples.length,
    pool,
    texts,
    textsFor: ({ head }) => textsOf(head.fields),
    *placedExamples() {
      for (const [i, example] of examples.entries()) {
        const split = splits[i];
        if (split !== undefined) yield { example, split };
      }
    },
    candidates(example) {
      if (recipe.candidates === undefined) return undefined;
      const disliked = example.history.filter((one) => !isLiked(one, recipe.label)).map(({ itemId }) => itemId);
      return drawCandidates(example, recipe.candidates, log, pool, metBy(example.userId), disliked);
    },
    metBy,
  };
}

/** What the log has, beside the columns that every log has. */
export function logColumns(
  interactions: Iterable<Interaction>,
  named: ColumnRoles,
  items: ReadonlyMap<string, Item>,
  users: ReadonlyMap<string, User>,
  where?: string,
): LogColumns {
  const itemAttributes = attributesOf(items.values());
  const interactionAttributes = new Set<string>();
  let rating = false;
  for (const interaction of interactions) {
    if (interaction.rating !== null) rating = true;
    for (const name of Object.keys(interaction.attributes)) interactionAttributes.add(name);
  }
  const roles = columnRoles(named, itemAttributes, interactionAttributes, where);
  return { roles, items: itemAttributes, users: attributesOf(users.values()), rating };
}

/** Targets and histories of train, without anything that valid or test asks for. */
function knowTrain(
  examples: readonly Example[],
  splits: readonly (Split | undefined)[],
  recipe: DatasetRecipe,
): TrainKnowledge {
  const train = new TrainKnowledge();
  const done = new Set<number>(); // lines of the log: counted, or asked for by valid or test
  examples.forEach(({ target }, i) => {
    if (splits[i] !== 'train') done.add(target.logIndex);
  });
  const add = (interaction: Interaction): void => {
    if (done.has(interaction.logIndex)) return;
    done.add(interaction.logIndex);
    train.add(interaction, isLiked(interaction, recipe.label));
  };
  examples.forEach(({ history, target }, i) => {
    if (splits[i] !== 'train') return;
    for (const interaction of history) add(interaction);
    add(target);
  });
  return train;
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
