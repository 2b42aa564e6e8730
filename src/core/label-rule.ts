import { z } from 'zod';

/** When an interaction counts as liked. Printed in the manifest and the report with the rest of the recipe. */
export const LabelRule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('rating-above'),
    threshold: z.number(), // liked = rating > threshold, in the log's own scale
  }),
  z.strictObject({
    kind: z.literal('attribute-above'), // dwell time, watched share, play count
    attribute: z.string().min(1),
    threshold: z.number(),
  }),
  z.strictObject({
    kind: z.literal('attribute-in'), // an event that is a skip or not, a purchase or a click
    attribute: z.string().min(1),
    liked: z.array(z.string()).min(1), // these values are liked, every other is not
  }),
  z.strictObject({ kind: z.literal('implicit') }), // each interaction is liked; items that were not liked are drawn (negatives)
]);
export type LabelRule = z.infer<typeof LabelRule>;

/** The rule in words: printed where labels are. */
export function describeLabel(rule: LabelRule): string {
  switch (rule.kind) {
    case 'rating-above':
      return `liked: rating above ${rule.threshold}`;
    case 'attribute-above':
      return `liked: ${rule.attribute} above ${rule.threshold}`;
    case 'attribute-in':
      return `liked: ${rule.attribute} is ${rule.liked.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'implicit':
      return 'liked: every interaction';
  }
}

/** What a version's recipe says of its labels; core/recipe.ts has the whole. */
const OfRecipe = z.object({ label: LabelRule, negatives: z.object({ sampler: z.string() }).optional() });

/** The rule of a version in words, with the items that were drawn as not liked; undefined: its recipe is of a program with other rules. */
export function labelOfVersion({ recipe }: { readonly recipe: unknown }): string | undefined {
  const known = OfRecipe.safeParse(recipe);
  if (!known.success) return undefined;
  const { label, negatives } = known.data;
  const drawn = negatives
    ? `; not liked: items drawn in their place, which the user never met (${negatives.sampler})`
    : '';
  return `${describeLabel(label)}${drawn}`;
}
