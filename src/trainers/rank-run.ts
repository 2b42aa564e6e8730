import { z } from 'zod';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { MOST_BEAMS, RankSettings } from '../core/evaluation.js';
import type { Instruction } from '../core/instruction.js';
import { Random } from '../core/random.js';
import { TrainOptions } from '../core/run-config.js';
import { type RankedSet, RankedTitles, RankingResult } from '../core/title-ranking.js';
import { defaultThreads } from '../platform/cpu.js';
import { remove } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { journalled } from './answer-journal.js';
import { answeredOnce, drawRows, type KeptAnswer, openAskedRun, servedFiles } from './asked-run.js';
import type { Execution } from './execute-run.js';
import { rankTitles } from './rank-titles.js';
import { sealedSplit } from './sealed-split.js';
import { servingEngine } from './serve-rows.js';

/** What a user may set about ranking by written titles. */
export const RankOptions = z.strictObject({
  ...RankSettings.shape,
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

/**
 * Ranks titles behind rows of test by what a run's adapter and its base model write within a set: the row's candidates, or every title of the log. Only
 * rows whose answers are titles can be asked, and of the catalogue only those that show no candidates. The result is kept in the studio; the same question is not
 * asked twice, and one that was cut short goes on where it was.
 *
 * throws RectuneError: usage (no such run, not done, no such rows, more titles wanted than beams), data (model, adapter or log gone or changed), and what native reports
 */
export async function rankRun(
  store: Store,
  request: RankRunRequest,
  execution: Execution,
): Promise<KeptAnswer<RankingResult>> {
  const { studio } = execution;
  const { set, options } = request;
  const asked = await openAskedRun(store, studio, request);
  const { run, version, facts: own } = asked;
  const eligible = rankableRows(store, version, set);
  const rows = drawRows(eligible, options.rows, new Random(options.seed, 'ranking'));
  const catalogue = set === 'catalogue' ? catalogueOf(store, version) : null;
  const facts = { ...own, set, ...searchOf(set, rows, options), seed: options.seed };
  const { beams, top } = facts;
  const engine = servingEngine();
  const numbers = rows.map(({ row }) => row);
  const kept = {
    question: { ...facts, engine, rows: numbers },
    schema: RankingResult,
    again: options.again,
    pathOf: (id: string) => studioLayout.ranking(studio, run.id, id),
  };
  return answeredOnce(kept, execution, async (id) => {
    const served = servedFiles(studio, asked);
    const threads = options.threads ?? defaultThreads();
    const titles = catalogue?.map(({ title }) => title) ?? null;
    const data = await sealedSplit(studio, version, 'test');
    const common = { data, titles, maxLength: run.config.maxLength, beams, top, threads };
    const answersOf = (who: 'adapter' | 'base') => {
      const path = studioLayout.scoreJournal(studio, `ranking-${id}-${who}`);
      if (options.again) remove(path);
      return journalled({ path, schema: RankedTitles, rows: numbers }, (missing) =>
        rankTitles({ ...common, ...served[who], rows: missing }, execution),
      );
    };
    const adapted = await answersOf('adapter');
    const alone = await answersOf('base');
    const place = catalogue && new Map(catalogue.flatMap(({ items }, title) => items.map((item) => [item, title])));
    const answers = rows.map(({ row, itemId, candidates }, at) => ({
      row,
      target: place === null ? candidates.indexOf(itemId) : (place.get(itemId) as number),
      adapter: told(adapted.answers[at] as RankedTitles),
      base: told(alone.answers[at] as RankedTitles),
    }));
    return {
      result: { ...facts, titles: catalogue, eligible: eligible.length, engine, threads, answers },
      forget() {
        for (const { forget } of [adapted, alone]) forget();
      },
    };
  });
}

type Listed = Pick<Instruction, 'row' | 'itemId'> & { candidates: readonly string[]; choices: readonly string[] };

/** Rows of test that are answered by the title of one of their candidates. Throws RectuneError 'usage' when there are none, 'data' when the log is another one. */
export function rankableRows(store: Store, version: DatasetVersion, set: RankedSet): Listed[] {
  const openTemplates = new Set(version.templates.filter(({ task }) => task === 'matching').map(({ id }) => id));
  const titles = titlesOf(store, version);
  const listed: Listed[] = [];
  for (const { row, itemId, candidates, choices, scored, templateId } of store.versions.facts(version.hash, 'test')) {
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
  { beams, top = beams }: RankSettings,
): { beams: number; top: number } {
  if (set === 'candidates') {
    const longest = Math.min(MOST_BEAMS, Math.max(...asked.map(({ candidates }) => candidates.length)));
    return { beams: Math.max(beams, longest), top: longest };
  }
  if (top <= beams) return { beams, top };
  throw new RectuneError('usage', `${beams} beams cannot give ${top} titles`, '--top', 'raise --beams, or lower --top');
}

function told({ best, certain, seconds }: RankedTitles): RankingResult['answers'][number]['adapter'] {
  return { best, certain, seconds };
}
