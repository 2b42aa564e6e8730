import type { Page } from './command.js';

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const HEIGHTS = [...'▁▂▃▄▅▆▇█'];

/** A bar of block characters, to an eighth of a column. share: 0 to 1 of `width` columns; what is not nothing shows something. */
export function bar(share: number, width: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0;
  return '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
}

/**
 * Rows of words and a bar each, which for the number `full` fills what the page has left.
 *
 * rows  words in columns, and the number that the bar shows
 * full  the largest number without it
 */
export function barChart(
  rows: readonly { cells: readonly string[]; value: number }[],
  { width, color }: Page,
  full = Math.max(...rows.map(({ value }) => value), 0),
): string {
  const columns = rows[0]?.cells.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map(({ cells }) => (cells[i] ?? '').length)),
  );
  const words = widths.reduce((sum, one) => sum + one + 2, 2);
  const room = Math.max(MIN_BAR, Math.min(MAX_BAR, width - words));
  return rows
    .map(({ cells, value }) => {
      const drawn = bar(full === 0 ? 0 : value / full, room);
      const shown = color && drawn !== '' ? `\u001b[36m${drawn}\u001b[39m` : drawn;
      return `  ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}  ${shown}`.trimEnd();
    })
    .join('\n');
}

const [MIN_BAR, MAX_BAR] = [8, 60]; // columns

/** A line of heights, one column a value; more values than columns are summed in neighbouring groups of equal size. */
export function sparkline(values: readonly number[], width: number): string {
  const size = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  const sums = Array.from({ length: Math.ceil(values.length / size) }, (_, i) =>
    values.slice(i * size, (i + 1) * size).reduce((sum, value) => sum + value, 0),
  );
  const largest = Math.max(...sums, 0);
  return sums.map((sum) => (sum === 0 ? ' ' : (HEIGHTS[Math.min(7, Math.floor((sum / largest) * 8))] ?? '█'))).join('');
}
