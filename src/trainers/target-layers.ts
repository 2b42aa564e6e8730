import { RectuneError } from '../core/errors.js';
import { LINEAR_LAYERS } from '../core/run-config.js';
import { readGgufHeader } from '../platform/gguf-header.js';

/** Which layers get an adapter, in the words of the options. */
export interface Targets {
  targets: string[];
  layers: string;
}

/** The layers of a base model that can take an adapter. */
export interface ModelLayers {
  blocks: number;
  names: readonly string[]; // full ones: "blk.3.attn_q", "output"
}

/** A model's layers by its header; undefined for a file that native/ is to refuse. */
export function modelLayers(path: string): ModelLayers | undefined {
  try {
    const { tensors } = readGgufHeader(path, '');
    const matrices = tensors.filter(({ shape }) => (shape[1] ?? 1) > 1).map(({ name }) => name);
    const isTied = !matrices.includes('output.weight'); // llama.cpp cannot serve an adapter on a tied embedding
    const names = matrices.flatMap((name) => {
      const full = /^(blk\.\d+\..+|output|token_embd)\.weight$/.exec(name)?.[1];
      return full === undefined || (isTied && full === 'token_embd') ? [] : [full];
    });
    return { blocks: 1 + Math.max(-1, ...names.map((name) => blockOf(name) ?? -1)), names };
  } catch (error) {
    if (error instanceof RectuneError) return undefined;
    throw error;
  }
}

/**
 * The same layers in the one spelling that stands for them, so that a run does not change its name with the way its layers are written.
 * What stands for nothing is handed on as it is: native/ refuses it, naming what is near.
 */
export function spelledAlike(model: ModelLayers | undefined, given: Targets): Targets {
  const range = model && blockRange(given.layers, model.blocks);
  if (!model || !range) return given;
  const among = model.names.filter((name) => {
    const block = blockOf(name);
    return block === undefined || (block >= range.first && block <= range.last);
  });
  const chosen = given.targets.map((target) => among.filter((name) => standsFor(target, name)));
  if (chosen.some((names) => names.length === 0)) return given;
  return shortestSpelling(chosen.flat(), model.blocks);
}

/** Names of layers where each block of a range has the same ones, else full names; in the order in which a block computes them. */
export function shortestSpelling(names: readonly string[], blocks: number | undefined): Targets {
  const layers = [...new Set(names)].map((name) => ({ name, block: blockOf(name), target: targetOf(name) }));
  layers.sort(
    (a, b) => (a.block ?? 1e9) - (b.block ?? 1e9) || place(a.target) - place(b.target) || (a.name < b.name ? -1 : 1),
  );
  const inBlocks = layers.flatMap(({ block, target }) => (block === undefined ? [] : [{ block, target }]));
  const first = inBlocks[0]?.block ?? 0;
  const last = inBlocks.at(-1)?.block ?? -1;
  const targets = [...new Set(layers.map(({ target }) => target))].sort(
    (a, b) => place(a) - place(b) || (a < b ? -1 : 1),
  );
  const eachBlock = new Set(inBlocks.map(({ target }) => target)).size;
  if (inBlocks.length !== eachBlock * (last - first + 1))
    return { targets: layers.map(({ name }) => name), layers: 'all' };
  const isAll = inBlocks.length === 0 || (first === 0 && last + 1 === blocks);
  return { targets, layers: isAll ? 'all' : `${first}-${last}` };
}

/** Whether a name of the options stands for a layer: "attn_q", "all-linear", or a pattern of full names, as in native/src/target_pattern.h. */
export function standsFor(target: string, name: string): boolean {
  if (target === 'all-linear') return blockOf(name) !== undefined;
  if (target === targetOf(name)) return true;
  const literal = target.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's').test(name);
}

function blockRange(layers: string, blocks: number): { first: number; last: number } | undefined {
  const [, side, count, from, to] = /^(?:all|(last|first):(\d+)|(\d+)-(\d+))$/.exec(layers) ?? [];
  const whole = { first: 0, last: blocks - 1 };
  const range =
    side === 'last'
      ? { first: blocks - Number(count), last: blocks - 1 }
      : side === 'first'
        ? { first: 0, last: Number(count) - 1 }
        : from === undefined
          ? whole
          : { first: Number(from), last: Number(to) };
  return range.first >= 0 && range.first <= range.last && range.last < blocks ? range : undefined;
}

function blockOf(name: string): number | undefined {
  const block = /^blk\.(\d+)\./.exec(name)?.[1];
  return block === undefined ? undefined : Number(block);
}

function targetOf(name: string): string {
  return name.replace(/^blk\.\d+\./, '');
}

function place(target: string): number {
  const known: readonly string[] = LINEAR_LAYERS;
  return known.includes(target) ? known.indexOf(target) : known.length;
}
