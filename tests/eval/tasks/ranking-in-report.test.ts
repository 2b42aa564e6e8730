import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JudgedLists, KeptRankingResult } from '../../../src/core/judged-lists.js';
import { type Estimate, Report, ReportOptions } from '../../../src/core/report.js';
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

/** Candidates judged as the likelihood has them. */
function inventJudged(input: ReportInput): JudgedLists {
  const { run, test } = input;
  const ranked = test.instructions.filter(({ scored }) => scored === 'likelihood');
  const said = (by: 'adapter' | 'base', row: number) =>
    (test[by].predictions.find((one) => one.row === row)?.choices ?? []).map(({ sum }) => sum);
  return {
    format: 1,
    by: 'judgement',
    versionHash: input.version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
    template: { id: 'judgement/one', hash: 't' },
    labels: [' Yes.', ' No.'],
    drawn: null,
    seed: 1,
    eligible: ranked.length,
    answers: ranked.map(({ row, candidates }) => ({
      row,
      candidates: [...(candidates as readonly string[])],
      adapter: said('adapter', row),
      base: said('base', row),
    })),
  };
}

const kept = (result: KeptRankingResult) => ({ file: 'by' in result ? result.by : result.set, sha256: 'f', result });

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
    expect(catalogue?.written?.sharedItems).toBe(2);
    const page = renderMarkdown(report);
    expect(page).toContain(`HR@3 (${catalogue?.list})`);
    expect(page).toContain('2 items share a title');
    expect(page).toContain('100.0 % (adapter)');
  });

  it('says what is left out of which table, and what a figure of 0 leaves open', () => {
    const page = renderMarkdown(report);
    for (const title of ['All items', 'All items but those met', 'Candidates'])
      expect(page).toContain(`${title}, test: `);
    const isNone = ({ value, high }: Estimate) => value === 0 && high === 0;
    const found = inventCatalogue(input);
    const none = {
      ...found,
      answers: found.answers.map((answer) => ({ ...answer, target: (found.titles?.length ?? 0) - 1 })),
    };
    const without = makeReport({ ...input, rankings: [kept(none)] });
    expect(without.rankings[0]?.entries.some(({ metrics }) => Object.values(metrics).some(isNone))).toBe(true);
    expect(renderMarkdown(without)).toContain('of other users up to 26.5 % could have it there'); // 1 - 0.025^(1 / 12)
  });

  it('by judgements about each candidate stands beside likelihoods of the same lists, by the same metrics', () => {
    const judged = makeReport({ ...input, rankings: [kept(inventJudged(input))] });
    expect(Report.parse(JSON.parse(JSON.stringify(judged)))).toEqual(judged);
    const [ranking] = judged.rankings;
    const by = (how: string) => ranking?.entries.filter((entry) => entry.by === how).map(({ metrics }) => metrics);
    expect(by('judgement')).toEqual(by('sum'));
    expect(ranking).toMatchObject({ written: null, judged: { template: 'judgement/one', drawn: null }, list: '1+5' });
    expect(ranking?.entries.at(-1)).toMatchObject({ model: 'popularity', by: null });
    expect(renderMarkdown(judged)).toContain('log-odds of "Yes." against "No."');
  });

  it('by judgements about drawn lists has no likelihood beside it, and a target that was not judged is an error', () => {
    const drawn = { negatives: 5, sampler: 'uniform' as const, seed: 3 };
    const judged = inventJudged(input);
    const { rankings } = makeReport({ ...input, rankings: [kept({ ...judged, drawn })] });
    expect(rankings[0]?.entries.map(({ model, by }) => `${model} ${by}`)).toEqual([
      'adapter judgement',
      'base judgement',
      'popularity null',
    ]);
    const answers = judged.answers.map((one) => ({ ...one, candidates: one.candidates.map((id) => `${id}-other`) }));
    expect(() => makeReport({ ...input, rankings: [kept({ ...judged, drawn, answers })] })).toThrow('not among');
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
