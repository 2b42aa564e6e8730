import { TrainOptions } from '../core/run-config.js';

/** The training options as `train` and `run` offer them. Names, defaults and help come from core/run-config.ts. */
export const trainFlags = {
  ...TrainOptions.shape,
  adapter: TrainOptions.shape.adapter.meta({ value: 'FILE' }),
};
