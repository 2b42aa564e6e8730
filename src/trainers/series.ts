import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { TrainOptions } from '../core/run-config.js';
import type { Store } from '../store/store.js';
import type { Execution, PlannedRun } from './execute-run.js';
import { executeSeries } from './execute-series.js';
import { planTraining, type TrainResult, trained } from './train.js';

/** What a grid may vary: numbers that another adapter of the same shape of work differs in. */
export const GRID_KEYS = ['rank', 'alpha', 'learningRate'] as const;
type GridKey = (typeof GRID_KEYS)[number];

/**
 * The settings of a series: every combination of the grid's values, each with every seed. The first axis varies slowest, seeds fastest.
 *
 * seeds  "5": so many from the options' own seed on; "3,8,9": these; undefined: the options' own
 * grid   axes like "rank=4,8"
 * throws RectuneError (usage) for a value that is none, an unknown or doubled axis, a run that would be named twice
 */
export function seriesOf(options: TrainOptions, seeds: string | undefined, grid: readonly string[]): TrainOptions[] {
  let series = [options];
  const seen = new Set<string>();
  for (const axis of grid) {
    const [key, values] = readAxis(axis);
    if (seen.has(key)) throw refuse(`--grid ${key} is given twice`, `write one list: --grid ${key}=4,8`);
    seen.add(key);
    series = series.flatMap((base) => values.map((value) => ({ ...base, [key]: value })));
  }
  const drawn = seeds === undefined ? [options.seed] : readSeeds(seeds, options.seed);
  return series.flatMap((base) => drawn.map((seed) => ({ ...base, seed })));
}

function readAxis(axis: string): [GridKey, number[]] {
  const [name = '', list = ''] = axis.split('=');
  const key = GRID_KEYS.find((known) => known === name);
  if (!key || list === '') {
    throw refuse(
      `--grid ${axis} names no axis`,
      `write one of ${GRID_KEYS.join(', ')} and its values: --grid rank=4,8`,
    );
  }
  return [key, distinct(list, `--grid ${key}`, (text) => TrainOptions.shape[key].safeParse(text).data)];
}

/** "5": so many from `first` on; "3,8,9": these. Throws RectuneError (usage) for anything else. */
export function readSeeds(text: string, first: number): number[] {
  const seeds = distinct(text, '--seeds', (one) => TrainOptions.shape.seed.safeParse(one).data);
  if (text.includes(',')) return seeds;
  const [count = 0] = seeds;
  if (count < 1)
    throw refuse(`--seeds ${text} is no run at all`, 'write how many, or a list: --seeds 5, --seeds 3,8,9');
  return Array.from({ length: count }, (_, i) => first + i);
}

/** "16,64,256": so many rows of train each; "all": every row. Throws RectuneError (usage) for anything else. */
export function readShots(text: string): (number | undefined)[] {
  const sizes = distinct(text, '--shots', (one) => (one === ALL ? ALL : TrainOptions.shape.shots.safeParse(one).data));
  return sizes.map((size) => (size === ALL ? undefined : size));
}

const ALL = 'all';

function distinct<Value>(list: string, flag: string, read: (text: string) => Value | undefined): Value[] {
  const values = list.split(',').map((text) => {
    const value = text.trim() === '' ? undefined : read(text.trim());
    if (value === undefined) throw refuse(`${flag}: "${text}" is no value for it`, 'see rectune train --help');
    return value;
  });
  if (new Set(values).size < values.length) throw refuse(`${flag}: a value is named twice`, 'name each value once');
  return values;
}

function refuse(what: string, fix: string): RectuneError {
  return new RectuneError('usage', what, 'training options', fix);
}

/**
 * Trains every run of a series, in one process over one loaded model: the runs and adapters that separate commands would give. Those that
 * are done are not made again, and one that was cut short goes on, so the same command finishes a series that was stopped.
 *
 * onRun   before a run is trained
 * onDone  when a run is done, or was before
 * throws  what trainRun throws, at the first run that fails; those before it stay
 */
export async function trainSeries(
  store: Store,
  request: { version: string; model: string; series: readonly TrainOptions[] } & Execution,
  onRun: (index: number, options: TrainOptions) => void,
  onDone: (index: number) => void = () => {},
): Promise<TrainResult[]> {
  const { series, ...shared } = request;
  const results: (TrainResult | undefined)[] = [];
  const planned = new Map<string, { plan: PlannedRun; places: number[] }>(); // by id: settings may come to the same run
  for (const [index, options] of series.entries()) {
    const plan = await planTraining(store, { ...shared, options, unfinished: 'resume' });
    if ('reused' in plan) {
      results[index] = plan;
      onDone(index);
    } else {
      const same = planned.get(plan.run.id);
      if (same) same.places.push(index);
      else planned.set(plan.run.id, { plan, places: [index] });
    }
  }
  const placesOf = (run: Run) => planned.get(run.id)?.places ?? [];
  const plans = [...planned.values()].map(({ plan }) => plan);
  const onBegin = (run: Run) => {
    const [index = 0] = placesOf(run);
    onRun(index, series[index] as TrainOptions);
  };
  await executeSeries(store, plans, shared, onBegin, (run) => {
    for (const index of placesOf(run)) {
      results[index] = trained(shared.studio, run);
      onDone(index);
    }
  });
  return results.filter((result) => result !== undefined);
}
