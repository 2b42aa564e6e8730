import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildVersion } from '../../../src/builders/build-version.js';
import { curateVersion } from '../../../src/builders/curate/curate-version.js';
import { readStep, readSteps } from '../../../src/builders/curate/read-steps.js';
import type { CurationStep } from '../../../src/core/curation/steps.js';
import type { DatasetVersion } from '../../../src/core/dataset-version.js';
import { InstructionLine, SPLITS } from '../../../src/core/instruction.js';
import { invoke } from '../../cli/invoke.js';
import { NOW } from '../../store/fixtures.js';
import { type InventedStudio, importInvented, inventedLog, inventedRecipe, inventedStudio } from '../invented-store.js';

let studio: InventedStudio;
beforeEach(() => {
  studio = inventedStudio();
});
afterEach(() => studio.close());

const options = (at = studio) => ({ studio: at.studio, now: () => NOW, program: '1.2.3' });

async function built(at = studio): Promise<DatasetVersion> {
  importInvented(at.store, inventedLog());
  const { unchanged: _, ...version } = await buildVersion(
    at.store,
    inventedRecipe({ weights: { liked: 1, disliked: 2 } }),
    options(at),
  );
  return version;
}
const curate = (parent: DatasetVersion, steps: readonly string[], name?: string, at = studio) =>
  curateVersion(at.store, parent, steps.map(readStep), { ...options(at), name });
const rowsOf = (hash: string, split: 'train' | 'valid' | 'test') => [
  ...studio.store.versions.instructions(hash, split),
];

describe('curateVersion', () => {
  it('makes a version that holds the rows which stay, renumbered, with their lines of the log and their old rows', async () => {
    const parent = await built();
    const version = await curate(parent, ['sample: {fraction: 0.3, by: label}']);
    expect(version.name).toBe('invented-curated');
    expect(version.curation?.parent).toBe(parent.hash);
    expect(version.counts.train).toBeLessThan(parent.counts.train);
    const old = rowsOf(parent.hash, 'train');
    const now = rowsOf(version.hash, 'train');
    expect(now.map(({ row }) => row)).toEqual(now.map((_, i) => i));
    for (const { row: _, parentRow = -1, ...rest } of now) {
      const { row: oldRow, ...before } = old[parentRow] as (typeof old)[number];
      expect([oldRow, before]).toEqual([parentRow, rest]);
    }
    const gone = old.filter(({ row }) => !now.some(({ parentRow }) => parentRow === row));
    expect(gone.length).toBe(version.curation?.steps[0]?.removed.train);
    for (const split of SPLITS) {
      const lines = readFileSync(join(studio.studio, 'versions', version.hash, `${split}.jsonl`), 'utf8')
        .trimEnd()
        .split('\n');
      const parsed = lines.map((line) => InstructionLine.parse(JSON.parse(line)));
      expect(parsed.map(({ prompt }) => prompt)).toEqual(rowsOf(version.hash, split).map(({ prompt }) => prompt));
      if (split === 'train') for (const { label, weight } of parsed) expect(weight).toBe(label ? 1 : 2);
    }
    expect(version.files.test).toBe(parent.files.test);
    expect(version.curation?.warnings).toEqual([]);
  });

  it('gives the same bytes for the same parent and steps, in another studio; other settings or another name another hash', async () => {
    const parent = await built();
    const steps = ['exact-duplicates', 'sample: {count: 40, by: user}'];
    const version = await curate(parent, steps);
    const other = inventedStudio();
    try {
      const { unchanged, ...again } = await curate(await built(other), steps, undefined, other);
      expect(unchanged).toBe(false);
      expect({ ...again, unchanged }).toEqual(version);
    } finally {
      other.close();
    }
    expect((await curate(parent, steps)).unchanged).toBe(true);
    const hashes = [
      version,
      await curate(parent, steps, 'own'),
      await curate(parent, ['exact-duplicates', 'sample: {count: 40, by: user, seed: 2}']),
    ];
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(3);
    expect(hashes[1]?.name).toBe('own');
  });

  it('writes every default, what each step removed, and an example that is true', async () => {
    const parent = await built();
    const { curation } = await curate(parent, [
      'short-history: {items: 3}',
      'balance: {labels: true}',
      'repeated-targets',
    ]);
    const [none, balance] = curation?.steps ?? [];
    expect(none).toEqual({
      settings: { kind: 'short-history', items: 3, splits: ['train'] },
      removed: { train: 0, valid: 0, test: 0 },
      changed: { train: 0, valid: 0, test: 0 },
      example: null,
    });
    expect(balance?.settings).toEqual({ kind: 'balance', labels: true, families: false, seed: 1, splits: ['train'] });
    const row = studio.store.versions.instruction(parent.hash, 'train', balance?.example?.row ?? -1);
    expect(balance?.example).toMatchObject({ split: 'train', user: row?.userId, item: row?.itemId });
  });

  it('looks at each step at what the one before left', async () => {
    const parent = await built();
    const both = await curate(parent, ['sample: {count: 30}', 'few-rows-users: {rows: 2}']);
    const sampled = await curate(parent, ['sample: {count: 30}']);
    const then = await curate(sampled, ['few-rows-users: {rows: 2}']);
    expect(rowsOf(both.hash, 'train').map(({ target }) => target)).toEqual(
      rowsOf(then.hash, 'train').map(({ target }) => target),
    );
    expect(both.counts.train).toBeLessThan(30);
    expect(then.name).toBe('invented-curated');
  });

  it('warns when rows that are measured on were curated, and refuses to empty a split', async () => {
    const parent = await built();
    const { curation, counts } = await curate(parent, ['sample: {fraction: 0.5, splits: [test]}']);
    expect(counts.test).toBe(10);
    expect(curation?.warnings).toEqual([expect.stringMatching(/^test was curated \(sample\)/)]);
    await expect(curate(parent, ['dead-items: {interactions: 1000000}'])).rejects.toMatchObject({
      kind: 'data',
      message: 'train would be empty',
      where: 'dead-items',
    });
  });

  it('finds exact duplicates as a comparison of all pairs does, whatever the log', async () => {
    const check = async (users: number[]): Promise<void> => {
      const log = users.map((user, i) => ({
        userId: `u${user}`,
        itemId: `i${(i * i) % 3}`,
        rating: (i % 2) * 5,
        timestamp: i,
        logIndex: i + 1,
        attributes: {},
      }));
      importInvented(studio.store, log);
      const parent = await buildVersion(
        studio.store,
        inventedRecipe({ examples: { kind: 'sliding-window', order: { kind: 'time' }, history: 1, keepLast: null } }),
        options(),
      ).catch(() => undefined);
      if (!parent) return;
      const { hash } = await curate(parent, ['exact-duplicates']);
      const itemOf = (line: number): string | undefined => log[line - 1]?.itemId;
      const old = rowsOf(parent.hash, 'train');
      const isTwin = (a: (typeof old)[number], b: (typeof old)[number]): boolean =>
        a.userId === b.userId &&
        a.itemId === b.itemId &&
        a.templateId === b.templateId &&
        a.answer === b.answer &&
        JSON.stringify(a.historyInteractions.map(itemOf)) === JSON.stringify(b.historyInteractions.map(itemOf));
      const stays = old
        .filter((row, i) => !old.slice(0, i).some((earlier) => isTwin(earlier, row)))
        .map(({ row }) => row);
      expect(rowsOf(hash, 'train').map(({ parentRow }) => parentRow)).toEqual(stays);
    };
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(2), { minLength: 16, maxLength: 60 }), check), { numRuns: 25 });
  });
});

describe('steps', () => {
  it('are read from YAML in any of three forms, and files are seen from there', () => {
    mkdirSync(join(studio.studio, 'own'));
    const file = join(studio.studio, 'own', 'steps.yaml');
    writeFileSync(
      file,
      'steps:\n  - exact-duplicates\n  - sample: { fraction: 0.5 }\n  - kind: scrub\n    keyFile: ./key\n',
    );
    const steps: CurationStep[] = readSteps(file);
    expect(steps).toMatchObject([
      { kind: 'exact-duplicates', answer: true, splits: ['train'] },
      { kind: 'sample', fraction: 0.5, by: 'nothing', seed: 1 },
      { kind: 'scrub', keyFile: join(studio.studio, 'own', 'key') },
    ]);
  });

  it.each([
    { step: 'dead-item', what: '"dead-item" is not known here', fix: 'did you mean "dead-items"?' },
    { step: 'dead-items: {interaction: 3}', what: 'unknown key "interaction"', fix: 'did you mean "interactions"?' },
    { step: 'sample', what: 'sample takes either a fraction or a count', fix: 'write one of them' },
    {
      step: 'sample: {fraction: 0.1, count: 3}',
      what: 'sample takes either a fraction or a count',
      fix: 'write one of them',
    },
    {
      step: 'scripts: {allowed: [Elvish]}',
      what: '"Elvish" is no script of Unicode',
      fix: expect.stringContaining('Latin'),
    },
    { step: 'balance', what: 'balance is told nothing to balance', fix: expect.stringContaining('labels: true') },
    { step: 'balance: {seed: 2}', what: expect.anything(), fix: expect.anything() },
    { step: 'dead-items: {splits: []}', what: expect.anything(), fix: expect.anything() },
    { step: 'a: [', what: expect.stringContaining('not YAML'), fix: expect.anything() },
  ])('are refused with what to do: $step', ({ step, what, fix }) => {
    expect(() => readStep(step)).toThrow(expect.objectContaining({ kind: 'usage', message: what, fix }));
  });
});

describe('rectune curate', () => {
  it('answers with the manifest, prints a table, and counts the kinds of steps', async () => {
    await built();
    const at = ['--studio', studio.studio];
    const { code, stdout } = await invoke(['curate', 'invented', '--step', 'sample: {count: 20}', '--json', ...at]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      counts: { train: 20 },
      curation: { steps: [{ removed: { train: 140 } }] },
    });
    const text = await invoke(['curate', 'invented', '--step', 'sample: {count: 20, splits: [train, test]}', ...at]);
    expect(text.stdout).toMatch(/sample +140 +0 +0 +0 +train row \d+: not drawn/);
    const list = JSON.parse((await invoke(['curate', '--list', '--json'])).stdout);
    expect(list.filters).toBeGreaterThanOrEqual(25);
    expect(list.steps.length).toBe(list.count);
    expect(list.steps).toContainEqual({
      kind: 'dead-items',
      says: expect.stringContaining('too few'),
      settings: { interactions: 5, splits: ['train'] },
    });
    expect((await invoke(['curate', '--list'])).stdout).toContain(
      `${list.count} kinds of steps, ${list.filters} of them filters`,
    );
    expect((await invoke(['curate', 'invented', ...at])).code).toBe(2);
  });
});
