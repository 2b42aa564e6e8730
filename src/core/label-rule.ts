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

/** The rule of a version in words; undefined: its recipe is of a program with other rules. */
export function labelOfVersion({ recipe }: { readonly recipe: unknown }): string | undefined {
  const rule = LabelRule.safeParse((recipe as { label?: unknown } | null)?.label);
  return rule.success ? describeLabel(rule.data) : undefined;
}
