import { describe, expect, it } from 'vitest';
import { buildVersion } from '../../../src/builders/build-version.js';
import { invoke } from '../../cli/invoke.js';
import { NOW } from '../../store/fixtures.js';
import { importInvented, inventedLog, inventedRecipe, inventedStudio } from '../invented-store.js';

/** Two versions of one log: the titles of i0 and the history's length are others in the second. */
async function withTwo(act: (studio: string, hashes: [string, string]) => Promise<void>) {
  const studio = inventedStudio();
  const options = { studio: studio.studio, now: () => NOW, program: '0' };
  try {
    importInvented(studio.store, inventedLog());
    const one = await buildVersion(studio.store, inventedRecipe(), options);
    importInvented(studio.store, inventedLog(), { i0: 'Title Nought' }, 'b'.repeat(64));
    const two = await buildVersion(studio.store, inventedRecipe({ zeroRatings: 'remove' }), options);
    await act(studio.studio, [one.hash, two.hash]);
  } finally {
    studio.close();
  }
}

describe('rectune diff', () => {
  it('tells the rows that say something else, word by word, and the settings that differ', () =>
    withTwo(async (studio, [one, two]) => {
      const { stdout, code } = await invoke(['diff', one, two, '--studio', studio, '--limit', '1']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^zeroRatings +keep +remove$/m);
      expect(stdout).toMatch(/\d+ rows the same, 0 added, 0 removed, \d+ changed/);
      expect(stdout).toContain('"Title [-0"-]{+Nought"+}');
      expect(stdout).toMatch(/\.\.\. and \d+ more changed \(--limit \d+\)/);
      expect(stdout).not.toContain('\u001b');
    }));

  it('gives all of it as JSON: the words that are gone belong to the first version', () =>
    withTwo(async (studio, [one, two]) => {
      const { stdout } = await invoke(['diff', one, two, '--studio', studio, '--json', '--limit', '1000']);
      const diff = JSON.parse(stdout);
      expect(diff.rows.length).toBe(diff.totals.changed);
      expect(diff.totals.same + diff.totals.changed).toBe(200);
      expect(diff.counts.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0)).toBe(diff.totals.changed);
      for (const { prompt } of diff.rows) {
        const of = (kind: string) => prompt.filter((piece: { kind: string }) => piece.kind === kind);
        expect(
          of('gone')
            .map(({ text }: { text: string }) => text)
            .join(),
        ).toMatch(/^0"/);
        expect(
          of('new')
            .map(({ text }: { text: string }) => text)
            .join(),
        ).toMatch(/^Nought"/);
      }
      expect(diff.inputs).toEqual([{ setting: 'sourceHash', before: 'a'.repeat(64), after: 'b'.repeat(64) }]);
    }));

  it('names the steps by which a version was curated', () =>
    withTwo(async (studio, [one]) => {
      await invoke(['curate', one, '--step', 'sample: {fraction: 0.5}', '--name', 'half', '--studio', studio]);
      const { stdout } = await invoke(['diff', one, 'half', '--studio', studio, '--json']);
      const { totals, inputs } = JSON.parse(stdout);
      expect(totals).toEqual({ same: 120, added: 0, removed: 80, changed: 0 });
      expect(inputs).toEqual([
        { setting: 'curation', after: [expect.objectContaining({ kind: 'sample', fraction: 0.5 })] },
      ]);
    }));

  it('says of a version and itself that nothing differs', () =>
    withTwo(async (studio, [one]) => {
      const { stdout } = await invoke(['diff', one, one, '--studio', studio]);
      expect(stdout).toContain('200 rows the same, 0 added, 0 removed, 0 changed');
      expect(stdout.trim().split('\n').length).toBe(2);
    }));
});
