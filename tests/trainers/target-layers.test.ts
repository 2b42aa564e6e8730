import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LINEAR_LAYERS } from '../../src/core/run-config.js';
import { type ModelLayers, shortestSpelling, spelledAlike, standsFor } from '../../src/trainers/target-layers.js';

const IN_BLOCKS = LINEAR_LAYERS.filter((name) => name !== 'output' && name !== 'token_embd');

/** An untied model of three blocks. */
const MODEL: ModelLayers = {
  blocks: 3,
  names: ['token_embd', 'output', ...[0, 1, 2].flatMap((block) => IN_BLOCKS.map((name) => `blk.${block}.${name}`))],
};

function named(targets: string[], layers = 'all') {
  return spelledAlike(MODEL, { targets, layers });
}

/** What the trainer is tested with, too: a run is named here by what it does there. */
const Table = z.object({
  patterns: z.array(z.object({ pattern: z.string(), text: z.string(), matches: z.boolean() })).min(15),
  blocks: z.number(),
  layers: z.array(z.string()),
  beside: z.array(z.string()),
  targets: z
    .array(z.object({ targets: z.array(z.string()), layers: z.string(), stand: z.array(z.string()).nullable() }))
    .min(15),
});
const table = Table.parse(JSON.parse(readFileSync('native/tests/target_patterns.json', 'utf8')));

describe('the table of both readers', () => {
  const inBlock = (block: number) => table.layers.map((name) => `blk.${block}.${name}`);
  const names = [...Array.from({ length: table.blocks }, (_, block) => inBlock(block)).flat(), ...table.beside];

  it.each(table.patterns)('"$pattern" and "$text": $matches', ({ pattern, text, matches }) => {
    expect(standsFor(pattern, text)).toBe(matches);
  });

  it.each(table.targets)('$targets of $layers stand for $stand', ({ targets, layers, stand }) => {
    const model = { blocks: table.blocks, names };
    const spelled = spelledAlike(model, { targets, layers });
    expect(spelled).toEqual(stand === null ? { targets, layers } : shortestSpelling(stand, table.blocks));
  });
});

describe('the layers that get an adapter', () => {
  it.each([
    { targets: ['attn_v', 'attn_q'], as: { targets: ['attn_q', 'attn_v'], layers: 'all' } },
    { targets: ['*attn_q', 'blk.?.attn_v'], as: { targets: ['attn_q', 'attn_v'], layers: 'all' } },
    { targets: ['blk.*'], as: { targets: IN_BLOCKS, layers: 'all' } },
    { targets: ['all-linear'], layers: 'last:2', as: { targets: IN_BLOCKS, layers: '1-2' } },
    { targets: ['blk.1.ffn_up'], as: { targets: ['ffn_up'], layers: '1-1' } },
    { targets: ['ffn_up'], layers: 'first:3', as: { targets: ['ffn_up'], layers: 'all' } },
    { targets: ['blk.2.ffn_up', 'blk.0.attn_q'], as: { targets: ['blk.0.attn_q', 'blk.2.ffn_up'], layers: 'all' } },
    { targets: ['token_embd', 'output'], layers: '1-1', as: { targets: ['output', 'token_embd'], layers: 'all' } },
    { targets: ['out*', 'attn_q'], layers: '0-1', as: { targets: ['attn_q', 'output'], layers: '0-1' } },
  ])('$targets of $layers are spelled $as', ({ targets, layers, as }) => {
    expect(named(targets, layers)).toEqual(as);
  });

  it.each([
    { targets: ['attn_qq', 'attn_q'], layers: 'all' },
    { targets: ['attn_norm'], layers: 'all' },
    { targets: ['attn_q'], layers: 'last:4' },
    { targets: ['attn_q'], layers: '2-1' },
    { targets: ['blk.0.attn_q'], layers: '1-2' },
  ])('$targets of $layers stay as they are: the trainer refuses them', (given) => {
    expect(spelledAlike(MODEL, given)).toEqual(given);
    expect(spelledAlike(undefined, given)).toEqual(given);
  });

  it('are the same spelling for the same set, and the spelling stands for the set', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...MODEL.names], { minLength: 1 }), (names) => {
        const spelling = shortestSpelling(names, MODEL.blocks);
        expect(shortestSpelling([...names].reverse(), MODEL.blocks)).toEqual(spelling);
        expect(spelledAlike(MODEL, spelling)).toEqual(spelling);
        const range = /^(\d+)-(\d+)$/.exec(spelling.layers);
        const found = MODEL.names.filter((name) => {
          const block = Number(/^blk\.(\d+)/.exec(name)?.[1] ?? range?.[1] ?? 0);
          const inRange = !range || (block >= Number(range[1]) && block <= Number(range[2]));
          return inRange && spelling.targets.some((target) => standsFor(target, name));
        });
        expect(found.sort()).toEqual([...names].sort());
      }),
    );
  });
});
