import { z } from 'zod';
import type { Interaction } from './interaction.js';

const values = z.array(z.string()).min(1);

/** Which interactions may be targets, by one of their attributes; all others stand in histories alone. */
export const TargetRule = z
  .strictObject({
    attribute: z.string().min(1), // an interaction that lacks it has '' there
    only: values.optional(), // these may: purchases, not clicks
    not: values.optional(), // all others may
  })
  .refine(({ only, not }) => (only === undefined) !== (not === undefined), 'name one of only, not');
export type TargetRule = z.infer<typeof TargetRule>;

export function mayBeTarget({ attributes }: Pick<Interaction, 'attributes'>, rule: TargetRule): boolean {
  const value = attributes[rule.attribute] ?? '';
  return rule.only ? rule.only.includes(value) : !rule.not?.includes(value);
}
