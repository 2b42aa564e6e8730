import { describe, expect, it } from 'vitest';
import { buildVersion } from '../../src/builders/build-version.js';
import { bar, barChart, sparkline } from '../../src/cli/plot.js';
import { importInvented, inventedLog, inventedRecipe, inventedStudio } from '../builders/invented-store.js';
import { NOW } from '../store/fixtures.js';
import { invoke } from './invoke.js';

describe('plots', () => {
  it.each([
    { share: 0, width: 10, expected: '' },
    { share: 0.5, width: 4, expected: '██' },
    { share: 0.3, width: 4, expected: '█▎' },
    { share: 0.0001, width: 4, expected: '▏' },
    { share: 1, width: 3, expected: '███' },
  ])('a bar of $share in $width columns is "$expected"', ({ share, width, expected }) => {
    expect(bar(share, width)).toBe(expected);
  });

  it.each([30, 50, 80])('a chart stays within %i columns, and its longest bar fills them', (width) => {
    const rows = [
      { cells: ['top 1 %', '7.6 %'], value: 1 },
      { cells: ['top 10 %', '42.9 %'], value: 6 },
    ];
    const lengths = barChart(rows, { width, color: false })
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...lengths)).toBe(Math.min(width, 2 + 8 + 2 + 6 + 2 + 60));
  });

  it('has colours only where they are asked for', () => {
    const rows = [{ cells: ['a'], value: 1 }];
    expect(barChart(rows, { width: 20, color: false })).not.toContain('\u001b');
    expect(barChart(rows, { width: 20, color: true })).toContain('\u001b[36m█');
  });

  it('a sparkline sums neighbours until it fits', () => {
    expect(sparkline([1, 0, 8, 4], 4)).toBe('▂ █▅');
    expect(sparkline([1, 1, 4, 4, 0, 0], 3)).toBe('▃█ ');
    expect(sparkline([], 5)).toBe('');
  });
});

it('rectune stats tells of a source and of a version, as words and as JSON', async () => {
  const { studio, store, close } = inventedStudio();
  try {
    importInvented(store, inventedLog());
    await buildVersion(store, inventedRecipe({ name: 'made' }), { studio, now: () => NOW, program: '0' });
    const ask = async (...argv: string[]) => (await invoke(['stats', ...argv, '--studio', studio])).stdout;
    expect(await ask('invented', '--threshold', '3')).toMatch(/^invented: 320 interactions of 40 users with 23 items/);
    expect(await ask('made')).toMatch(/^labels by split\n +train +160 rows +\d/m);
    expect(JSON.parse(await ask('invented', '--json'))).toMatchObject({ source: 'invented', users: 40, liked: null });
    expect(JSON.parse(await ask('made', '--json')).splits.map(({ rows }: { rows: number }) => rows)).toEqual([
      160, 20, 20,
    ]);
    expect((await invoke(['stats', 'made', '--threshold', '3', '--studio', studio])).code).toBe(2);
  } finally {
    close();
  }
});
