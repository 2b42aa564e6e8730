import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { givesProbabilities, ReportOptions } from '../../src/core/report.js';
import type { SeenRow } from '../../src/core/report-rows.js';
import { auc } from '../../src/eval/metrics/auc.js';
import { renderHtml } from '../../src/eval/report/html.js';
import { renderRowsPage } from '../../src/eval/report/rows-page.js';
import { evaluate } from '../../src/eval/report.js';
import { findRows } from '../../src/eval/rows/find-rows.js';
import { rowLines } from '../../src/eval/rows/row-lines.js';
import type { Store } from '../../src/store/store.js';
import { temporaryFolder } from '../store/fixtures.js';
import { inventInput } from './fixtures.js';
import { inventFit, keptFit } from './invented-fits.js';
import { inventSiblings } from './invented-siblings.js';
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

describe('the rows of other runs and seeds', () => {
  const options = ReportOptions.parse({ resamples: 100 });
  const judged = inventInput({ users: 12, rowsPerUser: 8 });
  const fits = [keptFit(inventFit(judged, { model: 'bpr', seeds: 3 })), keptFit(inventFit(judged, { model: 'ease' }))];
  const one = evaluate({ ...judged, options, fits, siblings: inventSiblings(judged) });
  const mixed = inventMixed({ users: 8 }, { users: 8, rowsPerUser: 4 });
  const lists = keptFit(inventFit(mixed, { model: 'bpr', seeds: 2, kind: 'choice' }));
  const several = evaluate({ ...mixed, options, fits: [lists], siblings: inventSiblings(mixed) });
  const ofTest = (rows: readonly SeenRow[], task: string) =>
    rows.filter((row) => row.split === 'test' && row.task === task);
  const lossOf = ({ came }: Pick<SeenRow, 'came'>, said: number) => {
    if (typeof came === 'boolean') return -Math.log(1 / (1 + Math.exp(came ? -said : said)));
    return came === null ? said : Math.abs(said - came);
  };

  it('give the figures of the runs and of the seeds', () => {
    const rows = ofTest(one.rows, 'judgement');
    const came = rows.map((row) => row.came === true);
    const others = one.report.seeds[0]?.runs.filter(({ run }) => run !== one.report.run.id) ?? [];
    expect(others).toHaveLength(3);
    for (const { run, figure } of others) {
      expect(
        auc(
          rows.map(({ runs }) => runs?.[run] as number),
          came,
        ),
      ).toBe(figure.value);
    }
    for (const { model, values } of one.report.idModels.spread) {
      const seeds = rows.map((row) => row.seeds?.[model] ?? [row.said[model] as number]);
      expect(
        values.map((_, seed) =>
          auc(
            seeds.map((said) => said[seed] as number),
            came,
          ),
        ),
      ).toEqual(values);
    }
    expect(one.rows.filter(({ split }) => split === 'valid').every(({ runs, seeds }) => !runs && !seeds)).toBe(true);
  });

  it('give the figures of lists, too', () => {
    const task = several.report.tasks.find(({ task: name }) => name === 'ranking');
    const rows = ofTest(several.rows, 'ranking');
    const seeds = several.report.seeds.find(({ task: name }) => name.startsWith('ranking'));
    expect(task?.main).toBe('ndcg10');
    const ndcg = (ranks: readonly number[]) => mean(ranks.map((rank) => 1 / Math.log2(1 + rank)));
    for (const { run, figure } of seeds?.runs.filter(({ run: id }) => id !== several.report.run.id) ?? [])
      expect(ndcg(rows.map(({ runs }) => runs?.[run] as number))).toBeCloseTo(figure.value as number, 12);
    expect(rows.every((row) => row.seeds?.['bpr-full']?.[0] === row.said['bpr-full'])).toBe(true);
  });

  it('stand in groups of their own, the worst of each run first, and those on which seeds are furthest apart', () => {
    for (const { report, rows } of [one, several]) {
      const { groups } = report.rows;
      const runs = groups.filter(({ run }) => run !== null);
      expect(runs).toHaveLength(3 * new Set(runs.map(({ task }) => task)).size);
      for (const { run, task, worst, rows: count } of runs) {
        const here = ofTest(rows, task);
        const losses = here.map((row) => lossOf(row, row.runs?.[run as string] as number)).sort((a, b) => b - a);
        expect(count).toBe(here.length);
        expect(worst).toHaveLength(3);
        worst.forEach(({ loss }, place) => {
          expect(loss).toBeCloseTo(losses[place] as number, 9);
        });
      }
      const seeds = groups.filter(({ seedsOf }) => seedsOf !== null);
      expect(seeds.map(({ seedsOf }) => seedsOf)).toContain('bpr-full');
      for (const { seedsOf, task, worst } of seeds) {
        const apart = (row: Pick<SeenRow, 'seeds'>) => {
          const said = row.seeds?.[seedsOf as string] as number[];
          return Math.max(...said) - Math.min(...said);
        };
        const all = ofTest(rows, task)
          .map(apart)
          .sort((a, b) => b - a);
        expect(worst.map(apart)).toEqual(all.slice(0, 3));
      }
    }
  });

  it('are linked from every figure of a run and of the spread over seeds', () => {
    for (const { report } of [one, several]) {
      const page = renderHtml(report);
      const tables = page.match(/<table>.*?<\/table>/gs) ?? [];
      for (const caption of ['on test of each run', 'on test over the seeds', 'of the ID models over their seeds']) {
        const part = tables.find((table) => table.split('</caption>')[0]?.includes(caption)) ?? '';
        const figures = part.match(/<td>(<a href="#[^"]+">)?-?\d+\.\d{3}/g) ?? [];
        expect(figures.length).toBeGreaterThan(1);
        for (const cell of figures) expect(cell).toContain('<a href="#');
      }
    }
  });

  it('stand on the page of all rows, each once with what every run, seed and form said, and no more than can be scrolled through', () => {
    for (const { report, rows } of [one, several]) {
      const page = renderRowsPage({ report, rows, titles: [] });
      expect(page.match(/<tr><th scope="row">/g)?.length).toBe(rows.length);
      expect(page).toContain('<th scope="col">seed-3, seed 3, 64 train rows</th>');
      expect(page).toContain('BPR (all of train), seed 2</th>');
      expect(page).not.toMatch(/<script|src=/);
    }
    const columns = renderRowsPage(one).split('<tr>')[1]?.match(/<th/g)?.length as number;
    const many = one.rows.filter(({ split }) => split === 'test').flatMap((row) => Array(200).fill(row) as SeenRow[]);
    const page = renderRowsPage({ ...one, rows: many });
    const shown = page.match(/<tr><th scope="row">/g)?.length as number;
    expect(shown).toBe(Math.floor(300_000 / columns));
    expect(page).toContain(`${(many.length - shown).toLocaleString('en-US')} more stand in rows.jsonl alone.`);
  });

  it('are found by the run or the model', () => {
    const find = queried(one.rows);
    const [worst] = find({ by: 'seed-2' });
    expect(worst?.row).toBe(one.report.rows.groups.find(({ run }) => run === 'seed-2')?.worst[0]?.row);
    const [apart] = find({ seeds: 'bpr-full' });
    expect(apart?.row).toBe(one.report.rows.groups.find(({ seedsOf }) => seedsOf === 'bpr-full')?.worst[0]?.row);
    expect(() => find({ by: 'none' })).toThrow('no row of the report fits');
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
