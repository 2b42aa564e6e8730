import { RectuneError } from '../core/errors.js';
import { ADAPTER_SHAPE, type AdapterShape, LINEAR_LAYERS, type TrainOptions } from '../core/run-config.js';
import { readGgufHeader } from '../platform/gguf-header.js';
import { type ModelLayers, shortestSpelling, spelledAlike } from './target-layers.js';

/**
 * The shape of the adapter to train: that of the start adapter, else as the user gave it, else the defaults. Its layers are spelled alike however they
 * were given.
 *
 * model   undefined when it cannot be read: the layers then stay as they are spelled, and native/ has the word
 * throws  RectuneError: data for a start adapter that cannot be read, usage for an option that contradicts it
 */
export function adapterShape(options: TrainOptions, model?: ModelLayers): AdapterShape {
  const { adapter: path, rank, alpha, targets, layers, scaling, init, variant } = options;
  const given: Given = {
    ...(rank && { rank }),
    ...(alpha && { alpha }),
    ...(targets && { targets }),
    ...(layers !== undefined && { layers }),
    ...(scaling && { scaling }),
    ...(init && { init }),
    ...(variant && { variant }),
  };
  if (path === undefined) {
    const shape = { ...ADAPTER_SHAPE, ...given };
    return { ...shape, ...spelledAlike(model, shape) };
  }
  const own = shapeInFile(path, model);
  const contradictions = (Object.keys(given) as (keyof AdapterShape)[]).filter((key) => contradicts(own, given, key));
  if (contradictions.length > 0) {
    const say = (shape: Given) => contradictions.map((key) => `${key} ${shape[key]}`).join(' and ');
    throw new RectuneError(
      'usage',
      `the start adapter has ${say(own)}, but ${say(given)} ${contradictions.length > 1 ? 'are' : 'is'} asked for`,
      path,
      `leave out ${contradictions.map((key) => `--${key}`).join(', ')} (in a recipe: ${contradictions.join(', ')}): the start adapter's own count`,
    );
  }
  const where = { targets: given.targets ?? own.targets, layers: given.layers ?? own.layers };
  return { ...own, ...spelledAlike(model, where) };
}

type Given = Partial<AdapterShape>;

function contradicts(own: AdapterShape, given: Given, key: keyof AdapterShape): boolean {
  if (key === 'alpha') {
    const divisor = given.scaling === 'rslora' ? Math.sqrt(own.rank) : own.rank; // a file knows alpha / rank alone
    return Math.fround((Number(given.alpha) / divisor) * own.rank) !== Math.fround(own.alpha);
  }
  if (key === 'targets') {
    const known: readonly string[] = LINEAR_LAYERS;
    const plain = (given.targets ?? []).every((name) => known.includes(name)); // of patterns native/ judges, which knows the model
    return plain && [...own.targets].sort().join() !== [...(given.targets ?? [])].sort().join();
  }
  if (key === 'layers' || key === 'scaling') return false; // what "last:8" is only native/ knows; the scaling is in the file's alpha
  return own[key] !== given[key];
}

/** What the header of an adapter says. Whether its tensors are whole and fit the base model is for native/ to judge. */
function shapeInFile(path: string, model: ModelLayers | undefined): AdapterShape {
  const fix = 'use a LoRA adapter GGUF made for this base model';
  const refuse = (what: string) => new RectuneError('data', what, path, fix);
  const { keys, tensors } = readGgufHeader(path, fix);
  const type = keys.get('adapter.type');
  if (keys.get('general.type') !== 'adapter' || (type !== 'lora' && type !== 'dora')) {
    throw refuse('this GGUF is not a LoRA adapter');
  }
  const layers = tensors.flatMap(({ name, shape }) => {
    const full = /^(.+)\.weight\.lora_b$/.exec(name)?.[1];
    return full === undefined ? [] : [{ full, rank: shape[0] ?? 0 }];
  });
  const [first] = layers;
  if (!first || first.rank < 1) throw refuse('the adapter has no tensors');
  const alpha = keys.get('adapter.lora.alpha') || first.rank; // without one, libllama and native/ scale by 1
  if (typeof alpha !== 'number' || !(alpha > 0 && Number.isFinite(alpha))) {
    throw refuse(`the adapter's scale (adapter.lora.alpha) is ${alpha}`);
  }
  const where = shortestSpelling(
    layers.map(({ full }) => full),
    model?.blocks,
  );
  return { rank: first.rank, alpha: shortest(alpha), ...where, scaling: 'standard', init: 'random', variant: type };
}

/** A 32-bit number in the fewest digits that name it: 0.1, not 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}
