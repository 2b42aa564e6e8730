import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { givesProbabilities } from '../../src/core/report.js';
import type { SeenRow } from '../../src/core/report-rows.js';
import { renderHtml } from '../../src/eval/report/html.js';
import { evaluate } from '../../src/eval/report.js';
import { findRows } from '../../src/eval/rows/find-rows.js';
import { rowLines } from '../../src/eval/rows/row-lines.js';
import type { Store } from '../../src/store/store.js';
import { temporaryFolder } from '../store/fixtures.js';
import { inventInput } from './fixtures.js';
import { inventMixed } from './mixed-fixtures.js';

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const noStore = (): Store => {
  throw new Error('a file needs no store');
};

/** The rows of a report as a file, and what is found in it. */
function queried(rows: readonly SeenRow[]) {
  const file = join(temporaryFolder(), 'rows.jsonl');
  writeFileSync(file, rowLines(rows));
  return (query: Parameters<typeof findRows>[2]) => findRows(noStore, file, query);
}

describe('the rows behind a report', () => {
  it('are every judgement once, and give the figures of the tables', () => {
    const { report, rows } = evaluate(inventInput());
    for (const { split, rows: count, models } of report.splits) {
      const here = rows.filter((row) => row.split === split);
      expect(new Set(here.map(({ row }) => row)).size).toBe(count);
      for (const { model, metrics } of models.filter((one) => givesProbabilities(one.model))) {
        const right = here.map(({ said, came }) => {
          const logOdds = said[model] as number;
          return logOdds === 0 ? 0.5 : Number(logOdds > 0 === came);
        });
        expect(metrics.accuracy.value).toBeCloseTo(mean(right), 12);
      }
      expect(models[0]?.metrics.logLoss.value).toBeCloseTo(mean(here.map(({ loss }) => loss)), 12);
    }
  });

  it('are every row of the other tasks once, and give their figures', () => {
    const { report, rows } = evaluate(inventMixed());
    expect(report.tasks.length).toBe(4);
    for (const { task, kind, splits } of report.tasks) {
      for (const { split, rows: count, models } of splits) {
        const here = rows.filter((row) => row.task === task && row.split === split);
        expect(here.length).toBe(count);
        for (const { model, metrics } of models) {
          const said = here.map((row) => row.said[model] as number);
          const came = here.map((row) => row.came as number);
          if (kind === 'rating') {
            expect(metrics.mae?.value).toBeCloseTo(
              mean(said.map((value, i) => Math.abs(value - (came[i] as number)))),
              12,
            );
          } else if (kind === 'text') {
            expect(metrics.lossPerToken?.value).toBeCloseTo(mean(said), 12); // every invented text has as many tokens
          } else if (model === 'adapter') {
            expect(metrics.mrr?.value ?? metrics.accuracy?.value).toBeCloseTo(
              mean(said.map((rank) => (metrics.mrr ? 1 / rank : Number(rank === 1)))),
              12,
            );
          }
        }
      }
    }
  });

  it('stand in groups: all of a task, then its parts, the worst first', () => {
    const { report, rows } = evaluate(inventMixed());
    const { groups } = report.rows;
    expect(groups.filter(({ part }) => part === null).map(({ task, split }) => `${task} ${split}`)).toEqual([
      'judgement test',
      'judgement valid',
      'pairwise test',
      'ranking test',
      'rating test',
      'taste test',
      'pairwise valid',
      'ranking valid',
      'rating valid',
      'taste valid',
    ]);
    const parts = groups.filter(({ part }) => part !== null);
    expect(parts.map(({ rows: count, users }) => [count, users])).toEqual(
      report.slices.map((slice) => [slice.rows, slice.users]),
    );
    for (const { worst, task, split, part } of groups) {
      const here = rows.filter(
        (row) => row.task === task && row.split === split && (part === null || row.parts[part.by] === part.name),
      );
      const losses = here.map(({ loss }) => loss).sort((a, b) => b - a);
      expect(worst.map(({ loss }) => loss)).toEqual(losses.slice(0, worst.length));
      expect(worst.length).toBe(Math.min(part === null ? 8 : 3, here.length));
    }
  });

  it.each([
    { about: 'judgements', input: () => inventInput() },
    { about: 'mixed tasks', input: () => inventMixed() },
  ])('are linked from every figure that has a value, on a page of $about', ({ input }) => {
    const page = renderHtml(evaluate(input()).report);
    const cells = page.match(/<td>(<a href="#rows-[^"]+">)?-?\d+\.\d{3}(<\/a>)?<span class="range">/g) ?? [];
    expect(cells.length).toBeGreaterThan(60);
    for (const cell of cells) expect(cell).toContain('<a href="#rows-');
  });

  it('hold no more of the page for a hundred times as many', () => {
    const size = (users: number) => renderHtml(evaluate(inventInput({ users, rowsPerUser: 10 })).report).length;
    expect(size(400) / size(4)).toBeLessThan(1.6);
  });
});

describe('rectune rows', () => {
  const { rows } = evaluate(inventMixed());

  it('finds the rows of a task, a split and a part, worst first', () => {
    const find = queried(rows);
    const found = find({ task: 'ranking', split: 'test', part: 'wording=unseen in train' });
    const expected = rows.filter(
      (row) => row.task === 'ranking' && row.split === 'test' && row.parts.wording === 'unseen in train',
    );
    expect(expected.length).toBeGreaterThan(5);
    expect(found.map(({ row }) => row).sort()).toEqual(expected.map(({ row }) => row).sort());
    expect(found.map(({ loss }) => loss)).toEqual(expected.map(({ loss }) => loss).sort((a, b) => b - a));
    expect(find({}).length).toBe(rows.length);
  });

  it('says what there is when nothing fits', () => {
    const find = queried(rows);
    expect(() => find({ task: 'rankings' })).toThrow('no row of the report fits');
    expect(() => find({ part: 'wording' })).toThrow('names no part');
  });

  it('names the line of a file that is no such file', () => {
    const file = join(temporaryFolder(), 'rows.jsonl');
    writeFileSync(file, `${rowLines(rows.slice(0, 1))}{"row":7}\n`);
    const thrown = (() => {
      try {
        return findRows(noStore, file, {});
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ kind: 'data', where: expect.stringContaining(`${file}:2`) });
  });
});
