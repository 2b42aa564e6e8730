import { z } from 'zod';
import { TrainOptions } from './run-config.js';

const count = z.number().int().positive();
const seed = z.number().int().nonnegative();

/** When an interaction counts as liked. Printed in the manifest and the report with the rest of the recipe. */
export const LabelRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rating-above'),
    threshold: z.number(), // liked = rating > threshold, in the log's own scale
  }),
]);
export type LabelRule = z.infer<typeof LabelRule>;

/** How the interactions of one user are put in order before examples are made of them. */
export const UserOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('time') }), // stable, by timestamp alone: ties stay in log order
  z.strictObject({ kind: z.literal('shuffled'), seed }), // for logs without time
]);
export type UserOrder = z.infer<typeof UserOrder>;

/** How interactions become examples. Users come in order of first appearance in the log. */
export const ExampleRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sliding-window'), // each run of `history` interactions and the one after it
    order: UserOrder,
    history: count,
    keepLast: count.nullable().default(null), // of all users' examples, joined; null: all
  }),
  z.strictObject({
    kind: z.literal('last-item'), // one example a user: the last interaction is the target
    order: UserOrder,
    history: count, // at most so many
    take: z.enum(['first', 'latest']).default('latest'), // which of the interactions before the target
    minInteractions: z.number().int().min(2).default(2), // users with fewer are left out
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

/** TrainOptions without their defaults: a recipe holds only what it overrides. */
const TrainOverrides = z.strictObject(withoutDefaults(TrainOptions.shape));

/** A published method, or a user's own: how a log becomes a dataset version, and how an adapter is trained on it. */
export const Recipe = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'a name holds a-z, 0-9, ".", "_" and "-"'), // names the version too
  paper: z.url().optional(),
  source: z.string().min(1), // id of an imported log
  zeroRatings: z.enum(['keep', 'remove']).default('keep'), // Book-Crossing writes 0 for "met, not rated"
  missingTitles: z.enum(['error', 'skip']).default('error'), // skip: interactions with such an item are left out, and counted
  label: LabelRule,
  examples: ExampleRule,
  split: SplitRule,
  template: z.string().min(1), // "tallrec/movie" in the package's templates/, or a path to a .hbs file, seen from the recipe
  wrapper: WrapperRule,
  weights: LabelWeights.optional(), // of rows of train in the loss; all count alike without it
  train: TrainOverrides.default({}),
});
export type Recipe = z.infer<typeof Recipe>;

/** The part of a recipe that decides the dataset: all but how to train on it. Another learning rate makes no new version. */
export const DatasetRecipe = Recipe.omit({ train: true }).strip();
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
