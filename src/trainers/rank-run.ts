import { z } from 'zod';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { Random } from '../core/random.js';
import { TrainOptions } from '../core/run-config.js';
import { type RankedSet, RankedTitles, RankingResult } from '../core/title-ranking.js';
import { defaultThreads } from '../platform/cpu.js';
import { exists, readJson, remove, sha256, writeSealed } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { journalled } from './answer-journal.js';
import type { Execution } from './execute-run.js';
import { type RankRequest, rankTitles } from './rank-titles.js';
import { adapterOf, doneRun, mergedOf, modelOf } from './run-files.js';
import { findVersion, sealedSplit } from './sealed-split.js';
import { servingEngine } from './serve-rows.js';

/** Sequences of a context of llama.cpp, less that of the prompt. */
const MOST_BEAMS = 255;

/** What a user may set about ranking by written titles. */
export const RankOptions = z.strictObject({
  rows: z.coerce.number().int().positive().default(100).describe('most rows of test, drawn by the seed'),
  beams: z.coerce
    .number()
    .int()
    .positive()
    .max(MOST_BEAMS)
    .default(20)
    .describe('beginnings of titles followed at once; for candidates at least as many as a list has'),
  top: z.coerce
    .number()
    .int()
    .positive()
    .max(MOST_BEAMS)
    .default(10)
    .describe('titles kept of a row; for candidates all of them'),
  seed: z.coerce.number().int().nonnegative().default(1).describe('draws the rows'),
  threads: TrainOptions.shape.threads,
  again: z.boolean().default(false).describe('compute a ranking that is there already'),
});
export type RankOptions = z.infer<typeof RankOptions>;

export interface RankRunRequest {
  readonly run: string;
  readonly set: RankedSet;
  readonly model?: string | undefined; // where the base model lies now
  readonly options: RankOptions;
}

/** What was written, and where it is kept. */
export interface RankedRun {
  readonly result: RankingResult;
  readonly path: string;
  readonly reused: boolean;
}

/**
 * Ranks titles behind rows of test by what a run's adapter and its base model write within a set: the row's candidates, or every title of the log. Only
 * rows whose answers are titles can be asked, and of the catalogue only those that show no candidates. The result is kept in the studio; the same question is not
 * asked twice, and one that was cut short goes on where it was.
 *
 * throws RectuneError: usage (no such run, not done, no such rows, more titles wanted than beams), data (model, adapter or log gone or changed), and what native reports
 */
export async function rankRun(store: Store, request: RankRunRequest, execution: Execution): Promise<RankedRun> {
  const { studio } = execution;
  const { set, options } = request;
  const run = await doneRun(store, studio, request.run);
  const version = findVersion(store, run.versionHash);
  const model = await modelOf(store, studio, run, request.model);
  const adapter = await adapterOf(studio, run);
  const eligible = eligibleRows(store, version, set);
  const asked = new Random(options.seed, 'ranking')
    .shuffle(eligible.map((_, place) => place))
    .slice(0, options.rows)
    .sort((a, b) => a - b)
    .map((place) => eligible[place] as Listed);
  const catalogue = set === 'catalogue' ? catalogueOf(store, version) : null;
  const settings = { ...searchOf(set, asked, options), seed: options.seed };
  const facts = {
    format: 1 as const,
    versionHash: version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
    set,
    ...settings,
  };
  const engine = servingEngine();
  const id = sha256(JSON.stringify({ ...facts, engine, rows: asked.map(({ row }) => row) })).slice(0, 16);
  const path = studioLayout.ranking(studio, run.id, id);
  if (exists(path) && !options.again) return { result: readRanking(path), path, reused: true };

  const threads = options.threads ?? defaultThreads();
  const common = {
    data: await sealedSplit(studio, version, 'test'),
    rows: asked.map(({ row }) => row),
    titles: catalogue?.map(({ title }) => title) ?? null,
    maxLength: run.config.maxLength,
    beams: settings.beams,
    top: settings.top,
    threads,
  };
  const merged = mergedOf(studio, run);
  const answersOf = (who: 'adapter' | 'base', from: Pick<RankRequest, 'model' | 'adapter'>) => {
    const journal = studioLayout.scoreJournal(studio, `ranking-${id}-${who}`);
    if (options.again) remove(journal);
    return journalled({ path: journal, schema: RankedTitles, rows: common.rows }, (missing) =>
      rankTitles({ ...common, ...from, rows: missing }, execution),
    );
  };
  const served = merged === null ? { model, adapter } : { model: merged, adapter: null };
  const withAdapter = await answersOf('adapter', served);
  const alone = await answersOf('base', { model, adapter: null });
  const place = catalogue && new Map(catalogue.flatMap(({ items }, title) => items.map((item) => [item, title])));
  const answers = asked.map(({ row, itemId, candidates }, at) => ({
    row,
    target: place === null ? candidates.indexOf(itemId) : (place.get(itemId) as number),
    adapter: kept(withAdapter.answers[at] as RankedTitles),
    base: kept(alone.answers[at] as RankedTitles),
  }));
  const result: RankingResult = { ...facts, titles: catalogue, eligible: eligible.length, engine, threads, answers };
  writeSealed(path, `${JSON.stringify(RankingResult.parse(result))}\n`);
  for (const { forget } of [withAdapter, alone]) forget();
  return { result, path, reused: false };
}

/** throws RectuneError (data) for a file that is no ranking */
export function readRanking(path: string): RankingResult {
  return parseAs(RankingResult, readJson(path), path, 'data');
}

type Listed = Pick<Instruction, 'row' | 'itemId'> & { candidates: readonly string[]; choices: readonly string[] };

/** Rows of test that are answered by the title of one of their candidates. */
function eligibleRows(store: Store, version: DatasetVersion, set: RankedSet): Listed[] {
  const openTemplates = new Set(version.templates.filter(({ task }) => task === 'matching').map(({ id }) => id));
  const titles = titlesOf(store, version);
  const listed: Listed[] = [];
  for (const { row, itemId, candidates, choices, scored, templateId } of store.versions.instructions(
    version.hash,
    'test',
  )) {
    if (candidates === null || choices === null || scored !== 'likelihood') continue;
    if (!candidates.every((item, place) => titles.get(item) === choices[place])) continue; // an order, or a sentence around the title
    if (set === 'catalogue' && !openTemplates.has(templateId)) continue;
    listed.push({ row, itemId, candidates, choices });
  }
  if (listed.length > 0) return listed;
  const which = set === 'catalogue' ? 'by any title of the log' : 'by the title of a candidate';
  throw new RectuneError(
    'usage',
    `no row of test is answered ${which}`,
    `dataset version ${version.name}`,
    'use a version with such templates, for example of recipes/p5-movie.yaml (family next-item)',
  );
}

function titlesOf(store: Store, version: DatasetVersion): Map<string, string> {
  const { sourceId, sourceHash, hash } = version;
  if (store.sources.find(sourceId)?.hash !== sourceHash) {
    const what = `the log "${sourceId}" is not the one that the dataset version was built from`;
    throw new RectuneError('data', what, `dataset version ${hash}`, 'import that log again');
  }
  return new Map([...store.sources.items(sourceId)].map(([item, { title }]) => [item, title]));
}

/** Every title of the log once, in the order of the items, with the items that have it. */
function catalogueOf(store: Store, version: DatasetVersion): { title: string; items: string[] }[] {
  const known = new Map<string, string[]>();
  for (const [item, title] of titlesOf(store, version)) {
    if (title.trim() === '') continue;
    const items = known.get(title);
    if (items) items.push(item);
    else known.set(title, [item]);
  }
  return [...known].map(([title, items]) => ({ title, items }));
}

/** A list of candidates is ranked as a whole: with a beam for each, beams leave nothing out. */
function searchOf(
  set: RankedSet,
  asked: readonly Listed[],
  { beams, top }: RankOptions,
): { beams: number; top: number } {
  if (set === 'candidates') {
    const longest = Math.min(MOST_BEAMS, Math.max(...asked.map(({ candidates }) => candidates.length)));
    return { beams: Math.max(beams, longest), top: longest };
  }
  if (top <= beams) return { beams, top };
  throw new RectuneError('usage', `${beams} beams cannot give ${top} titles`, '--top', 'raise --beams, or lower --top');
}

function kept({ best, certain, seconds }: RankedTitles): RankingResult['answers'][number]['adapter'] {
  return { best, certain, seconds };
}
