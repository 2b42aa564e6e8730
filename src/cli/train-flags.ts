import type { z } from 'zod';
import { TrainOptions } from '../core/run-config.js';

/** The training options as `train` offers them. Names, defaults and help come from core/run-config.ts. */
export const trainFlags = {
  ...TrainOptions.shape,
  adapter: TrainOptions.shape.adapter.meta({ value: 'RUN|FILE' }),
};

/** The same as `run` offers them: what is not on the command line the recipe says, and only then the default counts. */
export const trainFlagsOverRecipe = Object.fromEntries(
  Object.entries(trainFlags).map(([name, field]) => [name, (field as z.ZodType).meta({ first: "the recipe's" })]),
) as typeof trainFlags;
