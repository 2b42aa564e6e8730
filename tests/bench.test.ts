import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NativeScoreConfig, NativeTrainConfig } from '../src/core/run-config.js';
import { exists, packageRoot } from '../src/platform/files.js';

// The benchmarks run on the built program, as users do; `npm test` builds it first.
const built = exists(join(packageRoot(), 'dist/index.js'));
const script = (name: string) => import(join(packageRoot(), 'bench', name));

describe.skipIf(!built)('the scripts in bench/', () => {
  it('write configs that native/ reads', async () => {
    const { trainConfig, scoreConfig } = await script('own-trainer.mjs');
    const folder = mkdtempSync(join(tmpdir(), 'rectune-test-'));
    try {
      const train = trainConfig({ model: '/m.gguf', data: '/d.jsonl', options: { steps: 2 }, folder });
      expect(NativeTrainConfig.safeParse(train).error).toBeUndefined();
      const score = scoreConfig({ model: '/m.gguf', data: '/d.jsonl', labels: ['Yes.', 'No.'], threads: 1 });
      expect(NativeScoreConfig.safeParse(score).error).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('count the distinct prefixes of rows, and the pairs of tokens in them, as plain sets of prefixes do', async () => {
    const { trieOf } = await script('necessary-operations.mjs');
    const row = fc
      .array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 8 })
      .chain((tokens) =>
        fc.record({ tokens: fc.constant(tokens), answerStart: fc.integer({ min: 1, max: tokens.length - 1 }) }),
      );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const prefixes = new Set<string>();
        const lossPrefixes = new Set<string>();
        for (const { tokens, answerStart } of rows) {
          for (let length = 1; length < tokens.length; length++) {
            const prefix = tokens.slice(0, length).join(' ');
            prefixes.add(prefix);
            if (length >= answerStart) lossPrefixes.add(prefix);
          }
        }
        const pairs = (set: Set<string>) => [...set].reduce((sum, prefix) => sum + prefix.split(' ').length, 0);
        expect(trieOf(rows)).toEqual({
          columns: prefixes.size,
          pairs: pairs(prefixes),
          loss: lossPrefixes.size,
          lossPairs: pairs(lossPrefixes),
        });
      }),
    );
  });

  it('count, for rows that share nothing, what a dense step computes', async () => {
    const { necessaryOperations, trieOf } = await script('necessary-operations.mjs');
    const [width, inner, vocabulary, rank, length] = [8, 20, 50, 2, 6];
    const shapes: Record<string, [number, number]> = {
      attn_q: [width, width],
      attn_k: [width, 4],
      attn_v: [width, 4],
      attn_output: [width, width],
      ffn_gate: [width, inner],
      ffn_up: [width, inner],
      ffn_down: [inner, width],
    };
    const shape = (_: number, layer: string) => shapes[layer];
    const sizes = { blocks: 1, attentionWidth: width, shape, head: [width, vocabulary] };
    const tokens = Array.from({ length }, (_, i) => i);
    // One block, loss on all tokens: every layer has all columns; q, k and v need no way back.
    const n = length - 1;
    const weights = (names: string[]) =>
      names.reduce((sum, name) => sum + (shapes[name]?.reduce((a, b) => a * b) ?? 0), 0);
    const forward = 2 * n * (weights(Object.keys(shapes)) + width * vocabulary);
    const backward = 2 * n * (weights(['attn_output', 'ffn_gate', 'ffn_up', 'ffn_down']) + width * vocabulary);
    const attention = 6 * 2 * width * ((n * (n + 1)) / 2);
    const adapter = n * (3 * 2 * rank * (width + width) - 2 * width * rank);
    expect(necessaryOperations(sizes, trieOf([{ tokens, answerStart: 1 }]), { rank, targets: ['attn_q'] })).toBe(
      forward + backward + attention + adapter,
    );
  });
});
