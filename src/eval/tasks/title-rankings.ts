import type { RankingReport } from '../../core/report-rankings.js';
import type { TaskMetricId } from '../../core/task-report.js';
import type { RankingResult } from '../../core/title-ranking.js';
import { popularity } from '../baselines/popularity.js';
import type { KnownInteraction } from '../baselines/train-log.js';
import { type RankedList, type TieGroup, targetRank } from '../metrics/ranked-list.js';
import { thousands } from '../numbers.js';
import { quantile } from '../statistics/interval.js';
import type { MetBefore } from './met-before.js';
import { likelihoodRankings, type RankedRow, type Ranking, type Rankings } from './ranked-rows.js';
import { listsOf } from './report-tasks.js';
import { metricsOf } from './task-metric.js';

type Answer = RankingResult['answers'][number];

/**
 * Where the target stands among titles that were written: by falling log-probability, titles of the same one together, each counted as the items that have it.
 * A target that was not written stands somewhere behind all that were; only metrics with a cutoff up to the number of told titles can be asked then.
 *
 * itemsOf  how many items a title of the set stands for; of 0 it is passed over
 * items    in the set
 */
export function writtenRank(
  best: Answer['adapter']['best'],
  target: number,
  itemsOf: (title: number) => number,
  items: number,
): RankedList {
  const groups: { size: number; relevant: number }[] = [];
  let before: number | undefined;
  for (const { titles, logProbability } of best) {
    if (logProbability !== before) groups.push({ size: 0, relevant: 0 });
    before = logProbability;
    const group = groups.at(-1) as { size: number; relevant: number };
    group.size += titles.reduce((sum, title) => sum + itemsOf(title), 0);
    if (titles.includes(target)) group.relevant += 1;
  }
  const left = groups.filter(({ size }) => size > 0);
  const own = left.findIndex(({ relevant }) => relevant > 0);
  if (own >= 0) return { groups: left.slice(0, own + 1), relevant: 1 };
  const told = left.reduce((sum, { size }) => sum + size, 0);
  const rest: TieGroup = { size: Math.max(1, items - told), relevant: 1 };
  return { groups: [...left, rest], relevant: 1 };
}

/** The rankings of written titles, and those of the same rows by other numbers: of candidates by the likelihood of each title where there are predictions, and by popularity where train is known. */
export function writtenRankings(
  result: RankingResult,
  rows: readonly RankedRow[],
  { train, met }: { train?: readonly KnownInteraction[] | undefined; met?: MetBefore | undefined },
): Rankings {
  const { titles, top } = result;
  const items = titles?.reduce((sum, { items }) => sum + items.length, 0);
  const lists = listsOf(rows);
  return {
    set: result.set,
    list: items === undefined ? lists.name : `all ${thousands(items)}`,
    metrics: items === undefined ? metricsOf('choice', lists.longest).metrics : cutoffsUpTo(top),
    rankings: rankingsOf(result, rows, { train }),
    ...(titles !== null && met ? { unmet: withoutMet(result, rows, { train, met }) } : {}),
    judged: null,
    written: {
      beams: result.beams,
      top,
      sharedItems: titles?.reduce((sum, { items }) => sum + (items.length > 1 ? items.length : 0), 0) ?? 0,
      engine: result.engine,
      search: (['adapter', 'base'] as const).map((model) => searchFigures(result, model)),
    },
  };
}

/** The rankings of a catalogue from which what each user met before is left out. */
function withoutMet(
  result: RankingResult,
  rows: readonly RankedRow[],
  known: { train?: readonly KnownInteraction[] | undefined; met: MetBefore },
): NonNullable<Rankings['unmet']> {
  const { titles, answers, top } = result;
  const items = titles?.reduce((sum, { items }) => sum + items.length, 0) ?? 0;
  const largest = Math.max(...cutoffsUpTo(top).map((metric) => CUTOFFS[metric]));
  const short = (['adapter', 'base'] as const).map((model) => {
    const cut = answers.filter((answer, place) => {
      const met = known.met((rows[place] as RankedRow).instruction.row);
      const told = answer[model].best.flatMap((one) => one.titles);
      const left = told.reduce((sum, title) => sum + unmetItems(titles?.[title]?.items ?? [], met), 0);
      const others = items - met.size - left; // that may stand anywhere behind
      return left < largest && others > 1 && !told.includes(answer.target);
    });
    return { model, share: cut.length / answers.length };
  });
  return { list: `all ${thousands(items)} but met`, rankings: rankingsOf(result, rows, known), short };
}

function unmetItems(items: readonly string[], met: ReadonlySet<string>): number {
  return items.reduce((sum, item) => sum + (met.has(item) ? 0 : 1), 0);
}

/** Of a whole catalogue only the first titles are known. */
function cutoffsUpTo(top: number): (keyof typeof CUTOFFS)[] {
  return Object.entries(CUTOFFS).flatMap(([metric, k]) => (k <= top ? [metric as keyof typeof CUTOFFS] : []));
}

const CUTOFFS = { accuracy: 1, hit3: 3, hit5: 5, hit10: 10, ndcg5: 5, ndcg10: 10 } as const satisfies Partial<
  Record<TaskMetricId, number>
>;

/** met  is left out of a catalogue, and of lists of candidates nothing */
function rankingsOf(
  { titles, answers }: RankingResult,
  rows: readonly RankedRow[],
  { train, met }: { train?: readonly KnownInteraction[] | undefined; met?: MetBefore | undefined },
): Ranking[] {
  const catalogue = titles?.flatMap(({ items }) => items);
  const listOf = ({ instruction }: RankedRow) => {
    if (catalogue === undefined) return instruction.candidates as readonly string[];
    const known = met?.(instruction.row);
    return known === undefined ? catalogue : catalogue.filter((item) => !known.has(item));
  };
  const written = (model: 'adapter' | 'base'): Ranking => ({
    model,
    by: 'written',
    lists: answers.map((answer, place) => {
      const row = rows[place] as RankedRow;
      const known: ReadonlySet<string> = met?.(row.instruction.row) ?? new Set();
      const itemsOf = (title: number) => (titles ? unmetItems(titles[title]?.items ?? [], known) : 1);
      return writtenRank(answer[model].best, answer.target, itemsOf, listOf(row).length);
    }),
  });
  const found: Ranking[] = [written('adapter'), written('base')];
  if (catalogue === undefined) {
    found.push(
      ...likelihoodRankings(
        rows,
        answers.map(({ target }) => target),
      ),
    );
  }
  if (train) {
    const popular = popularity(train);
    const lists = rows.map((row) => {
      const list = listOf(row);
      return targetRank(popular(list), list.indexOf(row.instruction.itemId));
    });
    found.push({ model: 'popularity', by: null, lists });
  }
  return found;
}

function searchFigures(
  { answers }: RankingResult,
  model: 'adapter' | 'base',
): NonNullable<RankingReport['written']>['search'][number] {
  const seconds = answers.map((answer) => answer[model].seconds).sort((a, b) => a - b);
  const certain = answers.filter((answer) => answer[model].certain === answer[model].best.length).length;
  return {
    model,
    certain: certain / answers.length,
    seconds: { median: quantile(seconds, 0.5), p99: quantile(seconds, 0.99) },
  };
}
