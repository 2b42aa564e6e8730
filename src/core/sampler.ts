import { z } from 'zod';

/** Where drawn items come from. None is ever an item that the user met, before or after. */
export const Sampler = z.enum([
  'uniform',
  'popularity', // by (number of interactions in train)^0.75
  'same-category', // uniform among the items of the target's category; the rest, if there are too few, uniform
  'co-occurrence', // hard: those that users of train met most together with the history
  'disliked', // items that the user did not like before the target; the rest, if there are too few, uniform
]);
export type Sampler = z.infer<typeof Sampler>;
