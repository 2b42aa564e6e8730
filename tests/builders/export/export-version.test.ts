import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVersion } from '../../../src/builders/build-version.js';
import { exportVersion } from '../../../src/builders/export/export-version.js';
import type { DatasetVersion } from '../../../src/core/dataset-version.js';
import { SPLITS } from '../../../src/core/instruction.js';
import { type InventedStudio, importInvented, inventedLog, inventedRecipe, inventedStudio } from '../invented-store.js';

let studio: InventedStudio;
let version: DatasetVersion;
let out: string;
beforeEach(async () => {
  studio = inventedStudio();
  importInvented(studio.store, inventedLog(), { i0: 'Café "Ω"' });
  version = await buildVersion(studio.store, inventedRecipe(), {
    studio: studio.studio,
    now: () => new Date(0),
    program: '0',
  });
  out = join(studio.studio, 'exported');
});
afterEach(() => studio.close());

describe.each(['tallrec', 'alpaca'] as const)('exportVersion as %s', (format) => {
  it('writes each split as an array of instruction, input and output, in order', () => {
    const files = exportVersion(studio.store, version, { format, out, origins: false });
    expect(files.map(({ path, rows }) => [path, rows])).toEqual(
      SPLITS.map((split) => [join(out, `${split}.json`), version.counts[split]]),
    );
    for (const split of SPLITS) {
      const text = readFileSync(join(out, `${split}.json`), 'utf8');
      expect(text).toMatch(/^\[\n {4}\{\n {8}"instruction": "[\x20-\x7e\n]*\n {4}\}\n\]$/);
      const rows = [...studio.store.versions.instructions(version.hash, split)];
      expect(JSON.parse(text)).toEqual(
        rows.map(({ instruction, input, answer }) => ({ instruction, input, output: answer })),
      );
    }
    expect(readFileSync(join(out, 'train.json'), 'utf8')).toContain('\\"Caf\\u00e9 \\"\\u03a9\\"\\"');
  });
});

describe('exportVersion', () => {
  const run = (force = false) => exportVersion(studio.store, version, { format: 'tallrec', out, force });

  it('refuses to replace a file that holds something else, and then writes nothing', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'valid.json'), 'mine');
    expect(() => run()).toThrow(
      expect.objectContaining({
        kind: 'usage',
        where: join(out, 'valid.json'),
        fix: expect.stringContaining('--force'),
      }),
    );
    expect(readdirSync(out)).toEqual(['valid.json']);
    expect(readFileSync(join(out, 'valid.json'), 'utf8')).toBe('mine');
  });

  it('replaces it when forced, and leaves other files alone', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'valid.json'), 'mine');
    writeFileSync(join(out, 'notes.txt'), 'mine');
    run(true);
    expect(JSON.parse(readFileSync(join(out, 'valid.json'), 'utf8')).length).toBe(version.counts.valid);
    expect(readFileSync(join(out, 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('takes a file that is not text for something else, and replaces it when forced', () => {
    mkdirSync(out);
    writeFileSync(join(out, 'valid.json'), Uint8Array.of(0xff, 0xfe, 0));
    expect(() => run()).toThrow(expect.objectContaining({ kind: 'usage', where: join(out, 'valid.json') }));
    run(true);
    expect(JSON.parse(readFileSync(join(out, 'valid.json'), 'utf8')).length).toBe(version.counts.valid);
  });

  it('may be repeated', () => {
    run();
    expect(() => run()).not.toThrow();
    expect(existsSync(join(out, 'test.json'))).toBe(true);
  });
});
