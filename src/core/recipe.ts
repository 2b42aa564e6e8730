import { z } from 'zod';
import { Evaluation } from './evaluation.js';
import { LabelRule } from './label-rule.js';
import { TrainOptions } from './run-config.js';
import { Sampler } from './sampler.js';
import { TargetRule } from './target-rule.js';

export { LabelRule, Sampler };

const count = z.number().int().positive();
const seed = z.number().int().nonnegative();

/** How the interactions of one user are put in order before examples are made of them. */
export const UserOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('time') }), // stable, by timestamp alone: ties stay in log order
  z.strictObject({ kind: z.literal('log') }), // as the rows stand in the log: for sequences, which have an order and no times
  z.strictObject({ kind: z.literal('shuffled'), seed }), // for logs without time
]);
export type UserOrder = z.infer<typeof UserOrder>;

const targets = TargetRule.optional(); // without it every interaction may be one

/** How interactions become examples. Users come in order of first appearance in the log. */
export const ExampleRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sliding-window'), // each run of `history` interactions and the one after it
    order: UserOrder,
    history: count,
    targets,
    keepLast: count.nullable().default(null), // of all users' examples, joined; null: all
  }),
  z.strictObject({
    kind: z.literal('last-item'), // one example a user: the last interaction is the target
    order: UserOrder,
    history: count, // at most so many
    targets,
    take: z.enum(['first', 'latest']).default('latest'), // which of the interactions before the target
    minInteractions: z.number().int().min(2).default(2), // users with fewer are left out
  }),
  z.strictObject({
    kind: z.literal('each-interaction'), // every interaction is the target of one example, with what came before it
    order: UserOrder,
    history: count, // at most so many, the latest
    targets,
    minHistory: z.number().int().nonnegative().default(1), // at least so many, or there is no example
  }),
]);
export type ExampleRule = z.infer<typeof ExampleRule>;

const inRows = z.strictObject({ unit: z.literal('rows'), train: count, valid: count, test: count });
const inParts = z.strictObject({ unit: z.literal('parts'), train: count, valid: count, test: count }); // 8, 1, 1: eight tenths, ...
export type SplitSizes = z.infer<typeof inRows> | z.infer<typeof inParts>;

/** Which examples train, which validate, which test. */
export const SplitRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('row-order'), // the first examples train, the next validate, the last test
    sizes: z.discriminatedUnion('unit', [inRows, inParts]),
  }),
  z.strictObject({
    kind: z.literal('by-user'), // users are shuffled and dealt out; a user's examples stay together
    seed,
    sizes: z.discriminatedUnion('unit', [inParts]),
  }),
  z.strictObject({ kind: z.literal('leave-one-out') }), // of each user: the last example tests, the one before it validates, the others train
  z.strictObject({
    kind: z.literal('global-time'), // two moments for all users: before the first trains, after the second tests
    sizes: z.discriminatedUnion('unit', [inParts]), // of the interactions that are let in, in order of time
  }),
  z.strictObject({
    kind: z.literal('rolling'), // time in folds + 2 parts of equal size: fold k trains on k parts, validates and tests on the next two
    folds: count,
    fold: count, // from 1
  }),
]);
export type SplitRule = z.infer<typeof SplitRule>;

/** One sentence for each kind of split: what it lets a model see that it will not see in use. */
export const SPLIT_LEAKS: Record<SplitRule['kind'], string> = {
  'row-order':
    'neighbouring rows of one user stand on both sides of a cut and share history items, so an item that valid or test asks for ' +
    'may be shown as history in train; and rows are not in the order of time across users, so train holds later interactions than test',
  'by-user':
    'no user stands on both sides, but time does not separate the splits: train holds interactions of other users ' +
    'that are later than a target of valid or test',
  'leave-one-out':
    'each user stands in all splits, and time does not separate them: train holds interactions of other users that are later than ' +
    'a target of valid or test, so popularity and taste of the future can be learned',
  'global-time':
    'no target of train is later than one of valid or test; users who stand on both sides show in test what they did in train, as they would in use',
  rolling:
    'no target of train is later than one of valid or test of the same fold; the folds share rows, so their results are not independent',
};

/** What goes around instruction and input. A later wrapper is one more kind here and one more file in templates/wrappers/. */
export const WrapperRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('alpaca'),
    noqaComment: z.boolean().default(false), // the two spaces and the lint comment that published TALLRec prompts hold
  }),
  z.strictObject({ kind: z.literal('plain') }), // instruction and input alone
]);
export type WrapperRule = z.infer<typeof WrapperRule>;

const weight = z.number().positive().default(1);

/** What a row of train counts in the loss, by its label: for labels that are not equally many, or not equally sure. */
export const LabelWeights = z.strictObject({ liked: weight, disliked: weight });
export type LabelWeights = z.infer<typeof LabelWeights>;

/** Which interactions are let in at all, beside zeroRatings and missingTitles. Counted again until nothing more falls out. */
export const LogFilter = z.strictObject({
  userCore: z.number().int().nonnegative().default(0), // users with fewer interactions go
  itemCore: z.number().int().nonnegative().default(0), // items with fewer go
});
export type LogFilter = z.infer<typeof LogFilter>;

/** The items that a target is chosen from: drawn once for an example, whatever the template and the model. */
export const CandidateRule = z.strictObject({
  negatives: count.default(9), // beside the target
  sampler: Sampler.default('uniform'),
  seed: seed.default(1),
});
export type CandidateRule = z.infer<typeof CandidateRule>;

/** For implicit logs: an example's target is exchanged for a drawn item that counts as not liked, in this share of the examples. */
export const NegativeRule = z.strictObject({
  share: z.number().min(0).max(0.99).default(0.5),
  sampler: Sampler.exclude(['disliked']).default('uniform'),
  seed: seed.default(1),
});
export type NegativeRule = z.infer<typeof NegativeRule>;

/** Templates of one version and how often each is drawn. One of template, family, cell. */
export const MixPart = z
  .strictObject({
    template: z.string().min(1).optional(), // one wording: "pick/letter-1", or a path to a .hbs file, seen from the recipe
    family: z.string().min(1).optional(), // all wordings of a family
    cell: z
      .string()
      .regex(/^p[012]-i[012]-t[0-3]-(plain|reversed|related|cot)$/, 'a cell is like p1-i0-t3-plain')
      .optional(), // of the grid
    weight: z.number().positive().default(1),
  })
  .refine(
    ({ template, family, cell }) => [template, family, cell].filter((one) => one !== undefined).length === 1,
    'name one of template, family, cell',
  );
export type MixPart = z.infer<typeof MixPart>;

const atMost = count.optional();

/** Which rows of train are kept: so many at most of each. Drawn by the seed. */
export const Balance = z.strictObject({
  perUser: atMost,
  perItem: atMost, // rows with the same target
  labels: z.boolean().default(false), // as many liked as not liked
  families: z.boolean().default(false), // as many of each family
  seed: seed.default(1),
});
export type Balance = z.infer<typeof Balance>;

/** Who writes the texts of a slot: a rule, texts that were imported under a name, or the model that the build is given. */
export const TextWriter = z.union([
  z.literal('rule'),
  z.literal('model'),
  z.strictObject({ imported: z.string().min(1) }),
]);
export type TextWriter = z.infer<typeof TextWriter>;

export const TextRules = z.strictObject({
  preference: TextWriter.default('rule'), // imported: of users
  vagueIntention: z.enum(['rule', 'model']).default('rule'),
  reasoning: z.enum(['rule', 'model']).default('rule'),
  knowledge: TextWriter.default('rule'),
});
export type TextRules = z.infer<typeof TextRules>;

/** Which attributes of the log mean what; without them those of the usual names (docs/formats.md). */
export const ColumnRoles = z.strictObject({
  category: z.string().min(1).optional(), // of an item; several are joined by "|"
  tags: z.string().min(1).optional(), // of an item, joined by "|"
  headline: z.string().min(1).optional(), // of an interaction
  review: z.string().min(1).optional(), // of an interaction
});
export type ColumnRoles = z.infer<typeof ColumnRoles>;

export const ItemWords = z.strictObject({
  item: z.string().min(1).default('item'),
  items: z.string().min(1).default('items'),
});
export type ItemWords = z.infer<typeof ItemWords>;

/** TrainOptions without their defaults: a recipe holds only what it overrides. */
const TrainOverrides = z.strictObject(withoutDefaults(TrainOptions.shape));

/** A published method, or a user's own: how a log becomes a dataset version, and how an adapter is trained on it. */
const RecipeShape = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'a name holds a-z, 0-9, ".", "_" and "-"'), // names the version too
  paper: z.url().optional(),
  source: z.string().min(1), // id of an imported log
  zeroRatings: z.enum(['keep', 'remove']).default('keep'), // Book-Crossing writes 0 for "met, not rated"
  missingTitles: z.enum(['error', 'skip']).default('error'), // skip: interactions with such an item are left out, and counted
  label: LabelRule.optional(), // without it that of the log (source.yaml)
  examples: ExampleRule,
  split: SplitRule,
  twins: z.enum(['refuse', 'count', 'drop']).default('refuse'), // rows of train whose prompt valid or test holds too (and of valid, test)
  filter: LogFilter.optional(),
  template: z.string().min(1).optional(), // "tallrec/movie" in the package's templates/, or a path to a .hbs file, seen from the recipe
  mix: z.array(MixPart).min(1).optional(), // in its place: several templates in one version
  mixSeed: seed.optional(), // draws the template of a row; 1 without it
  candidates: CandidateRule.optional(),
  negatives: NegativeRule.optional(),
  balance: Balance.optional(),
  texts: TextRules.optional(),
  columns: ColumnRoles.optional(),
  words: ItemWords.optional(),
  factors: z.array(z.string().min(1)).min(1).optional(), // what to look at in an item: genre, mood, ...
  wrapper: WrapperRule,
  weights: LabelWeights.optional(), // of rows of train in the loss; all count alike without it
  train: TrainOverrides.default({}),
  evaluate: Evaluation.optional(), // what `rectune run` asks beside the rows of test; nothing without it
});

export const Recipe = RecipeShape.refine(
  ({ template, mix }) => (template === undefined) !== (mix === undefined),
  'name either template or mix',
);
export type Recipe = z.infer<typeof Recipe>;

/**
 * The part of a recipe that decides the dataset: all but how to train on it and what to ask then. Another learning rate makes no new version. The label
 * rule stands in it, whether the recipe says it or the log.
 */
export const DatasetRecipe = RecipeShape.omit({ train: true, evaluate: true }).extend({ label: LabelRule }).strip();
export type DatasetRecipe = z.infer<typeof DatasetRecipe>;

type WithoutDefaults<Shape extends z.ZodRawShape> = {
  [Key in keyof Shape]: z.ZodOptional<Shape[Key] extends z.ZodDefault<infer Inner> ? Inner : Shape[Key]>;
};

/** zod's partial() would keep the defaults, and so fill in what the recipe does not say. */
function withoutDefaults<Shape extends z.ZodRawShape>(shape: Shape): WithoutDefaults<Shape> {
  const bare = Object.entries(shape).map(([key, field]) => [
    key,
    (field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : (field as z.ZodType)).optional(),
  ]);
  return Object.fromEntries(bare) as WithoutDefaults<Shape>;
}
