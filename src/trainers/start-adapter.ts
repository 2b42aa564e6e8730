import { RectuneError } from '../core/errors.js';
import type { Run } from '../core/run.js';
import { ADAPTER_SHAPE, type AdapterShape, LINEAR_LAYERS, type TrainOptions } from '../core/run-config.js';
import { copySealed, exists, sha256File } from '../platform/files.js';
import { readGgufHeader } from '../platform/gguf-header.js';
import { studioLayout } from '../platform/studio.js';
import { configHash } from './run-identity.js';

/**
 * Rank, alpha, targets and layers of the adapter to train: those of the start adapter, else as the user gave them, else the defaults.
 *
 * throws  RectuneError: data for a start adapter that cannot be read, usage for an option that contradicts it
 */
export function adapterShape(options: TrainOptions): AdapterShape {
  const { adapter: path, rank, alpha, targets, layers } = options;
  const given = { ...(rank && { rank }), ...(alpha && { alpha }), ...(targets && { targets }) };
  const among = layers === undefined ? {} : { layers }; // how many blocks the model has, and so what "last:8" is, only native/ knows
  if (path === undefined) return { ...ADAPTER_SHAPE, ...given, ...among };
  const own = shapeInFile(path);
  const contradictions = (Object.keys(given) as (keyof typeof given)[]).filter((key) => !isSame(own, given, key));
  if (contradictions.length > 0) {
    const say = (shape: Partial<AdapterShape>) => contradictions.map((key) => `${key} ${shape[key]}`).join(' and ');
    throw new RectuneError(
      'usage',
      `the start adapter has ${say(own)}, but ${say(given)} ${contradictions.length > 1 ? 'are' : 'is'} asked for`,
      path,
      `leave out ${contradictions.map((key) => `--${key}`).join(', ')} (in a recipe: ${contradictions.join(', ')}): the start adapter's own count`,
    );
  }
  return { ...own, ...(targets && { targets }), ...among };
}

function isSame(own: AdapterShape, given: Partial<AdapterShape>, key: 'rank' | 'alpha' | 'targets'): boolean {
  if (key === 'targets') return [...own.targets].sort().join() === [...(given.targets ?? [])].sort().join();
  return Math.fround(own[key]) === Math.fround(given[key] as number); // the file keeps alpha as a 32-bit number
}

/** What the header of an adapter says. Whether its tensors are whole and fit the base model is for native/ to judge. */
function shapeInFile(path: string): AdapterShape {
  const fix = 'use a LoRA adapter GGUF made for this base model';
  const refuse = (what: string) => new RectuneError('data', what, path, fix);
  const { keys, tensors } = readGgufHeader(path, fix);
  if (keys.get('general.type') !== 'adapter' || keys.get('adapter.type') !== 'lora') {
    throw refuse('this GGUF is not a LoRA adapter');
  }
  const layers = tensors.flatMap(({ name, shape }) => {
    const [, block, target] = /^(?:blk\.(\d+)\.)?(.+)\.weight\.lora_a$/.exec(name) ?? [];
    return target === undefined ? [] : [{ block, target, rank: shape[1] ?? 1 }]; // a one-row tensor may leave its last dimension out
  });
  const [first] = layers;
  if (!first || first.rank < 1) throw refuse('the adapter has no tensors');
  const alpha = keys.get('adapter.lora.alpha') ?? first.rank; // without one, libllama and native/ scale by 1
  if (typeof alpha !== 'number' || !(alpha > 0 && Number.isFinite(alpha))) {
    throw refuse(`the adapter's scale (adapter.lora.alpha) is ${alpha}`);
  }
  const targets = inOrder(layers.map(({ target }) => target));
  const blocks = layers.flatMap(({ block }) => (block === undefined ? [] : [Number(block)])).sort((a, b) => a - b);
  const range = blocks.length === 0 ? 'all' : `${blocks[0]}-${blocks.at(-1)}`;
  return { rank: first.rank, alpha: shortest(alpha), targets, layers: range };
}

/** Each layer once, in the order in which a block computes them: another order of the file makes no other run. */
function inOrder(targets: readonly string[]): string[] {
  const place = (target: string) => [...LINEAR_LAYERS, target].indexOf(target);
  return [...new Set(targets)].sort((a, b) => place(a) - place(b));
}

/** A 32-bit number in the fewest digits that name it: 0.1, not 0.10000000149011612. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

/**
 * The start adapter of a run as native/ is to read it: the copy in the run's folder, which is made when the run begins. So the
 * run can go on, or begin anew, whatever becomes of the user's file. Before there is a copy it is that file itself, and what
 * native/ may say of it names the place that the user knows.
 *
 * returns  null for a run without start adapter
 * throws   RectuneError (data): neither copy nor file holds the adapter that is part of the run's identity; or the copy cannot be written
 */
export async function keptStartAdapter(studio: string, run: Run): Promise<string | null> {
  const { adapter } = run.config;
  if (adapter === null) return null;
  const copy = studioLayout.startAdapter(studio, run.id);
  if (await isStartOf(run, copy)) return copy;
  if (!(await isStartOf(run, adapter))) {
    const what = exists(adapter) ? 'was changed after the run began' : 'is gone';
    const fix = 'put the file that the run began from back there; on another start adapter, train another run';
    throw new RectuneError('data', `the start adapter of run ${run.id} ${what}`, adapter, fix);
  }
  copySealed(adapter, copy);
  return adapter;
}

/** The run's identity is over the content of its start adapter: only the right file gives the same hash again. */
async function isStartOf(run: Run, path: string): Promise<boolean> {
  if (!exists(path)) return false;
  const { versionHash, modelHash } = run;
  return configHash(run.config, { versionHash, modelHash, adapterHash: await sha256File(path) }) === run.configHash;
}
