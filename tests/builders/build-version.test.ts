import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVersion } from '../../src/builders/build-version.js';
import type { PlanOptions } from '../../src/builders/dataset-plan.js';
import type { LoadedRecipe } from '../../src/builders/load-recipe.js';
import { DatasetVersion } from '../../src/core/dataset-version.js';
import { type Instruction, InstructionLine, SPLITS } from '../../src/core/instruction.js';
import type { Interaction } from '../../src/core/interaction.js';
import { anyLog } from './invented-log.js';
import { type InventedStudio, importInvented, inventedLog, inventedRecipe, inventedStudio } from './invented-store.js';

let studio: InventedStudio;
beforeEach(() => {
  studio = inventedStudio();
});
afterEach(() => studio.close());

async function build(
  recipe: LoadedRecipe = inventedRecipe(),
  at = studio,
  messages: string[] = [],
  room: PlanOptions = {},
) {
  const options = {
    ...room,
    studio: at.studio,
    now: () => new Date(0),
    program: '0.1.0',
    onProgress: (m: string) => messages.push(m),
  };
  const { unchanged, ...version } = await buildVersion(at.store, recipe, options);
  return { version, unchanged, messages };
}

const rowsOf = (hash: string): Instruction[] =>
  SPLITS.flatMap((split) => [...studio.store.versions.instructions(hash, split)]);
const folderOf = (hash: string): string => join(studio.studio, 'versions', hash);
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

describe('buildVersion', () => {
  it('writes the weights of a recipe into the lines of train alone, by label, and makes another version of them', async () => {
    importInvented(studio.store, inventedLog());
    const plain = (await build()).version;
    const { version } = await build(inventedRecipe({ weights: { liked: 1, disliked: 2.5 } }));
    expect(version.hash).not.toBe(plain.hash);
    const linesOf = (hash: string, split: string) =>
      (filesOf(folderOf(hash))[`${split}.jsonl`] ?? '')
        .trimEnd()
        .split('\n')
        .map((line) => InstructionLine.parse(JSON.parse(line)));
    const train = linesOf(version.hash, 'train');
    expect(new Set(train.map(({ label }) => label)).size).toBe(2);
    for (const { label, weight } of train) expect(weight).toBe(label ? 1 : 2.5);
    for (const line of [...linesOf(version.hash, 'test'), ...linesOf(plain.hash, 'train')]) {
      expect(line).not.toHaveProperty('weight');
    }
  });

  const byTime = { kind: 'global-time', sizes: { unit: 'parts', train: 8, valid: 1, test: 1 } } as const;
  it.each([
    { case: 'split by time', change: { split: byTime } as Partial<LoadedRecipe> },
    { case: 'of a core', change: { filter: { userCore: 2, itemCore: 14 } } },
  ])(
    'makes the same bytes of a log that does not stand in memory, $case, and leaves no scratch',
    async ({ change }) => {
      importInvented(
        studio.store,
        inventedLog().map((one, i) => ({ ...one, timestamp: Math.floor(i / 4) })),
      );
      const recipe = inventedRecipe(change);
      const { version } = await build(recipe);
      const again = await build(recipe, studio, [], { mostRows: 0, partRows: 30 });
      expect(again).toMatchObject({ unchanged: true, version: { hash: version.hash } });
      expect(readdirSync(studio.studio).filter((name) => name.startsWith('rectune-scratch'))).toEqual([]);
    },
  );

  it('seals a manifest and three files of instruction lines that agree with the store', async () => {
    importInvented(studio.store, inventedLog());
    const { version, unchanged } = await build();
    expect(unchanged).toBe(false);
    expect(readdirSync(folderOf(version.hash)).sort()).toEqual([
      'manifest.json',
      'test.jsonl',
      'train.jsonl',
      'valid.jsonl',
    ]);
    const files = filesOf(folderOf(version.hash));
    expect(DatasetVersion.parse(JSON.parse(files['manifest.json'] ?? ''))).toEqual(version);
    expect(studio.store.versions.find('invented')).toEqual(version);
    for (const split of SPLITS) {
      const lines = (files[`${split}.jsonl`] ?? '')
        .trimEnd()
        .split('\n')
        .map((line) => InstructionLine.parse(JSON.parse(line)));
      const rows = [...studio.store.versions.instructions(version.hash, split)];
      expect(lines.length).toBe(version.counts[split]);
      expect(lines.map(({ row }) => row)).toEqual(lines.map((_, i) => i));
      expect(lines.map(({ prompt, answer, user }) => ({ prompt, answer, user }))).toEqual(
        rows.map(({ prompt, answer, userId }) => ({ prompt, answer, user: userId })),
      );
      expect(version.counts.liked[split]).toBe(lines.filter(({ label }) => label).length);
      expect(version.counts.users[split]).toBe(new Set(lines.map(({ user }) => user)).size);
    }
    expect(version.counts).toMatchObject({ train: 160, valid: 20, test: 20 });
    expect(version.labels).toEqual(['Yes.', 'No.']);
    expect(version.split.leaks).toContain('both sides of a cut');
  });

  it('gives the same bytes for the same inputs, in another studio at another time', async () => {
    const other = inventedStudio();
    try {
      importInvented(studio.store, inventedLog());
      importInvented(other.store, inventedLog());
      const { version } = await build();
      const again = await build(inventedRecipe(), other);
      expect(again.version).toEqual(version);
      expect(filesOf(join(other.studio, 'versions', version.hash))).toEqual(filesOf(folderOf(version.hash)));
    } finally {
      other.close();
    }
  });

  it('keeps the texts in the sealed files alone: without them it says what is gone, and building again brings them back', async () => {
    importInvented(studio.store, inventedLog());
    const { version } = await build();
    const rows = rowsOf(version.hash);
    expect(rows[7]?.prompt).toContain('### Response:');
    const text = rows[7]?.prompt.slice(200, 260) ?? '';
    const store = readdirSync(studio.studio).filter((name) => name.startsWith('store.db'));
    for (const name of store) expect(readFileSync(join(studio.studio, name)).includes(text)).toBe(false);
    rmSync(folderOf(version.hash), { recursive: true });
    const gone = expect.objectContaining({
      kind: 'data',
      where: folderOf(version.hash),
      fix: expect.stringContaining('build'),
    });
    expect(() => rowsOf(version.hash)).toThrow(gone);
    expect(() => studio.store.versions.instruction(version.hash, 'test', 0)).toThrow(gone);
    expect((await build()).version).toEqual(version);
    expect(rowsOf(version.hash)).toEqual(rows);
  });

  it('reads no row from a sealed file that was changed', async () => {
    importInvented(studio.store, inventedLog());
    const { version } = await build();
    const file = join(folderOf(version.hash), 'valid.jsonl');
    writeFileSync(file, `{}\n${readFileSync(file, 'utf8')}`);
    const changed = expect.objectContaining({ kind: 'data', where: file, message: expect.stringContaining('row 3') });
    expect(() => studio.store.versions.instruction(version.hash, 'valid', 3)).toThrow(changed);
    writeFileSync(file, '');
    expect(() => studio.store.versions.instruction(version.hash, 'valid', 3)).toThrow(changed);
  });

  it('uses a sealed version again and says so', async () => {
    importInvented(studio.store, inventedLog());
    const { version } = await build();
    const again = await build();
    expect(again.unchanged).toBe(true);
    expect(again.version).toEqual(version);
    expect(again.messages.at(-1)).toContain('sealed already');
    expect(studio.store.versions.list().length).toBe(1);
  });

  it('refuses a sealed version whose file was changed or removed', async () => {
    importInvented(studio.store, inventedLog());
    const { version } = await build();
    writeFileSync(join(folderOf(version.hash), 'test.jsonl'), '{}\n');
    await expect(build()).rejects.toMatchObject({ kind: 'data', where: join(folderOf(version.hash), 'test.jsonl') });
    rmSync(join(folderOf(version.hash), 'test.jsonl'));
    await expect(build()).rejects.toMatchObject({ kind: 'data' });
  });

  it('gives another recipe, another wrapper or another import another hash, another learning rate the same', async () => {
    importInvented(studio.store, inventedLog());
    const { version } = await build();
    const changed = [
      inventedRecipe({ label: { kind: 'rating-above', threshold: 2 } }),
      inventedRecipe({ wrapper: { kind: 'alpaca', noqaComment: true } }),
    ];
    for (const recipe of changed) expect((await build(recipe)).version.hash).not.toBe(version.hash);
    expect((await build(inventedRecipe({ train: { learningRate: 0.5 } }))).version.hash).toBe(version.hash);
    importInvented(studio.store, inventedLog(), {}, 'b'.repeat(64));
    expect((await build()).version.hash).not.toBe(version.hash);
  });

  it('never shows the target or anything later, and labels rows by the target rating, whatever the log', async () => {
    const check = async (log: Interaction[], byUser: boolean): Promise<void> => {
      importInvented(studio.store, log);
      const sizes = { unit: 'parts', train: 2, valid: 1, test: 1 } as const;
      const split = byUser ? ({ kind: 'by-user', seed: 3, sizes } as const) : ({ kind: 'row-order', sizes } as const);
      const recipe = inventedRecipe({ split });
      const built = await build(recipe).catch((error: Error) => error);
      if (built instanceof Error) {
        expect(built.message).toContain('would be empty');
        return;
      }
      const byLine = new Map(log.map((interaction) => [interaction.logIndex, interaction]));
      for (const row of rowsOf(built.version.hash)) {
        const target = byLine.get(row.target) as Interaction;
        expect(row.label).toBe((target.rating ?? 0) > 3);
        expect(row.historyInteractions.length).toBe(3);
        row.historyInteractions.forEach((line, i) => {
          const shown = byLine.get(line) as Interaction;
          expect(shown.userId).toBe(target.userId);
          const [time, line2] = [shown.timestamp ?? 0, shown.logIndex];
          expect(time < (target.timestamp ?? 0) || (time === target.timestamp && line2 < target.logIndex)).toBe(true);
          expect(row.historyLabels[i]).toBe((shown.rating ?? 0) > 3);
        });
      }
    };
    await fc.assert(fc.asyncProperty(anyLog({ min: 25 }), fc.boolean(), check), { numRuns: 25 });
  });

  it('leaves zero ratings out when the recipe says so, and counts them', async () => {
    const log = inventedLog().map((row, i) => (i % 10 === 0 ? { ...row, rating: 0 } : row));
    importInvented(studio.store, log);
    const kept = await build();
    expect(kept.version.checks?.leftOut).toEqual({ zeroRatings: 0, missingTitles: 0 });
    const { version } = await build(inventedRecipe({ zeroRatings: 'remove' }));
    expect(version.checks?.leftOut).toEqual({ zeroRatings: 32, missingTitles: 0 });
    const zeros = new Set(log.filter(({ rating }) => rating === 0).map(({ logIndex }) => logIndex));
    for (const row of rowsOf(version.hash)) {
      for (const line of [row.target, ...row.historyInteractions]) expect(zeros.has(line)).toBe(false);
    }
  });

  it('names the rows that would show an item without title, or leaves such items out and counts them', async () => {
    importInvented(studio.store, inventedLog(), { i7: '  ' });
    const refused = build();
    await expect(refused).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^\d+ rows show an item that cannot be printed$/),
      where: expect.stringMatching(/^train row \d+ \(item i7: no title\), train row .* and \d+ more$/),
    });
    const { version } = await build(inventedRecipe({ missingTitles: 'skip' }));
    const without = inventedLog().filter(({ itemId }) => itemId === 'i7').length;
    expect(version.checks?.leftOut).toEqual({ zeroRatings: 0, missingTitles: without });
    expect(rowsOf(version.hash).some(({ input }) => input.includes('"  "'))).toBe(false);
  });

  it('counts prompts that stand in an earlier split too', async () => {
    // Every user meets the same four items in the same order: all prompts are twins.
    const log = Array.from({ length: 40 }, (_, i) => ({
      userId: `u${Math.floor(i / 4)}`,
      itemId: `i${i % 4}`,
      rating: 5,
      timestamp: i,
      logIndex: i + 1,
      attributes: {},
    }));
    importInvented(studio.store, log);
    const { version } = await build();
    expect(version.checks?.twinPrompts).toEqual({ valid: 1, test: 1 });
  });

  it('says which field the log does not have', async () => {
    importInvented(studio.store, inventedLog());
    await expect(build(inventedRecipe({ template: 'tallrec/book' }))).rejects.toMatchObject({
      kind: 'data',
      message: 'the template prints "author", which no item of source "invented" has',
    });
  });

  it('says which logs are imported when the recipe names another', async () => {
    importInvented(studio.store, inventedLog());
    await expect(build(inventedRecipe({ source: 'inventd' }))).rejects.toMatchObject({
      kind: 'usage',
      message: 'the log "inventd" is not imported',
      fix: 'did you mean "invented"?',
    });
  });

  it('reads a template that stands beside the recipe', async () => {
    importInvented(studio.store, inventedLog());
    const folder = join(studio.studio, 'own');
    mkdirSync(folder);
    const head = 'id: own\nversion: 3\ntask: judgement\nvariables: [target, label]\ninstruction: Good?';
    writeFileSync(
      join(folder, 'own.hbs'),
      `---\n${head}\noutput: '{{#if label}}a{{else}}b{{/if}}'\n---\n{{target.title}}\n`,
    );
    const { version } = await build(inventedRecipe({ template: './own.hbs', file: join(folder, 'own.yaml') }));
    expect(version.labels).toEqual(['a', 'b']);
    expect(version.templates[0]).toMatchObject({ id: 'own', version: 3 });
    const [row] = rowsOf(version.hash);
    expect(row).toMatchObject({ history: [], historyInteractions: [], templateId: 'own', templateVersion: 3 });
  });
});
