import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Report, ReportOptions } from '../../../src/core/report.js';
import type { RankingResult } from '../../../src/core/title-ranking.js';
import { renderMarkdown } from '../../../src/eval/report/markdown.js';
import type { ReportInput } from '../../../src/eval/report.js';
import { makeReport } from '../../../src/eval/report.js';
import { reportRun } from '../../../src/eval/report-run.js';
import { verifyReport } from '../../../src/eval/verify/verify-report.js';
import { writeSealed } from '../../../src/platform/files.js';
import { studioLayout } from '../../../src/platform/studio.js';
import { temporaryFolder } from '../../store/fixtures.js';
import { inventedRun } from '../fixtures.js';
import { storeWith } from '../kept-run.js';
import { inventMixed } from '../mixed-fixtures.js';

const world = () => inventMixed({ users: 12 }, { users: 8, rowsPerUser: 4 });

/** What is written is what the likelihood says: each candidate by the sum of its tokens. */
function inventRanking({ version, run, test }: ReportInput, change: Partial<RankingResult> = {}): RankingResult {
  const ranked = test.instructions.filter(({ scored }) => scored === 'likelihood');
  const said = (by: 'adapter' | 'base', row: number) => {
    const choices = test[by].predictions.find((one) => one.row === row)?.choices ?? [];
    const best = choices
      .map(({ sum }, title) => ({ titles: [title], logProbability: sum }))
      .sort((a, b) => b.logProbability - a.logProbability);
    return { best, certain: best.length, seconds: 1.5 };
  };
  return {
    format: 1,
    versionHash: version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
    set: 'candidates',
    titles: null,
    beams: 20,
    top: 6,
    seed: 1,
    eligible: ranked.length,
    engine: 'v0',
    threads: 1,
    answers: ranked.map(({ row, itemId, candidates }) => ({
      row,
      target: candidates?.indexOf(itemId) ?? 0,
      adapter: said('adapter', row),
      base: said('base', row),
    })),
    ...change,
  };
}

/** The catalogue: of each row the same two titles, the first of which two items have. */
function inventCatalogue(input: ReportInput): RankingResult {
  const items = [...new Set(input.test.instructions.map(({ itemId }) => itemId))];
  const titles = [
    { title: 'twice', items: items.slice(0, 2) },
    ...items.slice(2).map((item) => ({ title: item, items: [item] })),
  ];
  const plain = inventRanking(input);
  const best = [0, 1].map((title) => ({ titles: [title], logProbability: -1 - title }));
  const rowOf = new Map(input.test.instructions.map((row) => [row.row, row]));
  return {
    ...plain,
    set: 'catalogue',
    titles,
    top: 3,
    answers: plain.answers.map(({ row }) => ({
      row,
      target: titles.findIndex((one) => one.items.includes(rowOf.get(row)?.itemId as string)),
      adapter: { best, certain: 1, seconds: 2 },
      base: { best, certain: 2, seconds: 2 },
    })),
  };
}

const kept = (result: RankingResult) => ({ file: result.set, sha256: 'f', result });

describe('a ranking in a report', () => {
  const input = world();
  const report = makeReport({ ...input, rankings: [kept(inventRanking(input)), kept(inventCatalogue(input))] });
  const [candidates, catalogue] = report.rankings;

  it('equals the ranking by likelihood where the same was written, and stands beside it', () => {
    expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    const by = (how: string) => candidates?.entries.filter((entry) => entry.by === how).map(({ metrics }) => metrics);
    expect(by('written')).toEqual(by('sum'));
    expect(candidates).toMatchObject({ list: '1+5', rows: 24, users: 12, file: 'candidates' });
    expect(candidates?.entries.map(({ model, by }) => `${model} ${by}`)).toEqual([
      'adapter written',
      'base written',
      'adapter sum',
      'base sum',
      'adapter mean',
      'base mean',
      'adapter first',
      'base first',
      'popularity null',
    ]);
  });

  it('names the columns of the catalogue by its items, and says which share a title', () => {
    expect(catalogue?.sharedItems).toBe(2);
    const page = renderMarkdown(report);
    expect(page).toContain(`HR@3 (${catalogue?.list})`);
    expect(page).toContain('2 items share a title');
    expect(page).toContain('100.0 % (adapter)');
  });

  it('is not spoken of when nobody asked for one', () => {
    expect(renderMarkdown(makeReport(input))).not.toContain('written titles');
  });
});

it('takes the newest ranking of the run from the studio, and verify finds one that was changed', async () => {
  const input = world();
  const store = storeWith(input);
  const folder = temporaryFolder();
  const write = (id: string, result: RankingResult) =>
    writeSealed(studioLayout.ranking(folder, inventedRun.id, id), `${JSON.stringify(result)}\n`);
  write('of-another-adapter', inventRanking(input, { adapterHash: 'other' }));
  write('own', inventRanking(input));
  const options = ReportOptions.parse({ resamples: 100 });
  await reportRun(store, inventedRun.id, { studio: folder, directory: folder, now: () => new Date(0), options });
  const report = Report.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')));
  expect(report.rankings.map(({ file }) => file)).toEqual(['own']);
  expect((await verifyReport(store, folder, folder)).differences).toEqual([]);
  write('own', inventRanking(input, { answers: inventRanking(input).answers.slice(1) }));
  const names = (await verifyReport(store, folder, folder)).differences.map(({ figure }) => figure);
  expect(names.some((name) => name.startsWith('rankings'))).toBe(true);
});
