import type { Report } from '../../../core/report.js';
import type { KeptRankingReport, RankedBy } from '../../../core/report-rankings.js';
import { TASK_MODEL_TITLES } from '../../../core/task-report.js';
import { counted, levelTitle, percent, thousands } from '../../numbers.js';
import { largestUnseenShare } from '../../statistics/none-seen.js';
import { metricTitle } from '../../tasks/task-metric.js';
import { type Block, estimateCell, type Part, type Table } from '../block.js';
import { modelColor } from '../plots/model-colors.js';

/** Rankings by what the models write when they can write nothing but titles, or by what they say of each candidate alone, beside other rankings of the same rows. */
export function rankings(report: Report): Part[] {
  return report.rankings.map((ranking) => ({
    title: titleOf(ranking),
    id: ranking.judged ? 'ranking-judged' : `ranking-${ranking.set}`,
    blocks: [
      ...notes(ranking).map((text): Block => ({ kind: 'paragraph', quiet: true, text })),
      ...unmetBlocks(ranking, report),
      { kind: 'table', table: tableOf(ranking, report) },
      ...noneFound(ranking, report),
    ],
  }));
}

function titleOf({ judged, set }: KeptRankingReport): string {
  if (judged) return 'Ranking by a judgement about each candidate';
  return set === 'catalogue' ? 'Ranking the whole catalogue by written titles' : 'Ranking by written titles';
}

const BY_TITLES: Readonly<Record<RankedBy, string>> = {
  written: 'written titles',
  judgement: 'log-odds of a judgement',
  sum: 'likelihood, sum',
  mean: 'likelihood, mean a token',
  first: 'likelihood, first token that differs',
};

function notes(ranking: KeptRankingReport): string[] {
  return [...writtenNotes(ranking), ...judgedNotes(ranking)];
}

function writtenNotes({ written, set, eligible, seed, list }: KeptRankingReport): string[] {
  if (written === null) return [];
  const { beams, top, engine, sharedItems, search } = written;
  const [adapter, base] = [search[0], search[1]].map((one) => one?.seconds);
  const sure = search.map(({ model, certain }) => `${percent(certain)} (${TASK_MODEL_TITLES[model]})`).join(', ');
  return [
    `Written by stock llama.cpp ${engine}, token by token, by beam search (${counted(beams, 'beam')}) over a trie of titles that lets nothing else be written, and ordered by the log-probability of the whole title. ` +
      `The rows are drawn by seed ${seed} from ${thousands(eligible)} that can be asked. Share of rows in which no title that was left out could stand among those told: ${sure}. ` +
      `A row takes ${adapter?.median.toFixed(2)} s with the adapter and ${base?.median.toFixed(2)} s without (medians).`,
    ...(set === 'catalogue'
      ? [
          `Every item of the log may be written (${list}), those of the history too, however they are ranked below; ${counted(top, 'title')} a row are told, and a target that is not among them counts as not found.`,
        ]
      : [
          'Likelihoods are those of the main tables, on these rows alone; llama.cpp rounds activations to 8 bits on a quantised model, they do not.',
        ]),
    ...(sharedItems > 0
      ? [
          `${counted(sharedItems, 'item')} share a title with another item, which no model can tell apart: they share a place, and metrics take the expected value over its orders.`,
        ]
      : []),
  ];
}

function judgedNotes({ judged, seed, eligible, list }: KeptRankingReport): string[] {
  if (judged === null) return [];
  const { template, labels, drawn } = judged;
  const lists =
    drawn === null
      ? 'The lists are those of the version, drawn once for all models.'
      : `The rows are judgements of targets that were liked; beside each target stand ${drawn.negatives} items that the user met at no time, drawn by seed ${drawn.seed} (${drawn.sampler}). ` +
        'Such lists are easier than the choice of a shop: compare figures of the same lists alone.';
  return [
    `Each candidate of a list (${list}) is asked about alone, in the words of ${template} behind the same history, and the list is ordered by the log-odds of "${labels[0].trim()}" against "${labels[1].trim()}". ` +
      `The rows are drawn by seed ${seed} from ${thousands(eligible)} that can be asked. ${lists}`,
  ];
}

/** The field's way: nobody is recommended what was met before. */
function unmetBlocks(ranking: KeptRankingReport, report: Report): Block[] {
  const { unmet, metrics } = ranking;
  if (unmet === null) return [];
  const short = unmet.short.map(({ model, share }) => `${percent(share)} (${TASK_MODEL_TITLES[model]})`).join(', ');
  return [
    {
      kind: 'paragraph',
      quiet: true,
      text:
        'The first table leaves out of every list what the user met before the target, as the field does; the second ranks everything. ' +
        `Share of rows of which fewer told titles are left than the largest cutoff, and the target is not among them: ${short}; it counts as standing anywhere behind, so figures can be too low by so much.`,
    },
    { kind: 'table', table: tableOf({ ...ranking, ...unmet, metrics }, report, 'All items but those met') },
  ];
}

/** What the interval of a figure that is 0 for every user leaves open. */
function noneFound({ entries, unmet, users }: KeptRankingReport, { options }: Report): Block[] {
  const figures = [...entries, ...(unmet?.entries ?? [])].flatMap(({ metrics }) => Object.values(metrics));
  if (!figures.some(({ value, high }) => value === 0 && high === 0)) return [];
  const text =
    `Where a figure is 0 with an interval from 0 to 0, no row has its target so far up, and resampling ${counted(users, 'user')} cannot say more: ` +
    `of other users up to ${percent(largestUnseenShare(users, options.level))} could have it there (${levelTitle(options.level)}, by the binomial distribution).`;
  return [{ kind: 'paragraph', quiet: true, text }];
}

const SET_TITLES: Readonly<Record<KeptRankingReport['set'], string>> = {
  catalogue: 'All items',
  candidates: 'Candidates',
};

function tableOf(
  { list, metrics, entries, rows, users, set }: KeptRankingReport,
  report: Report,
  title = SET_TITLES[set],
): Table {
  return {
    caption: `${title}, test: ${counted(rows, 'row')} of ${counted(users, 'user')}, ${levelTitle(report.options.level)} intervals`,
    head: ['model and ranking', ...metrics.map((metric) => metricTitle(metric, list))],
    rows: entries.map(({ model, by, metrics: figures }) => ({
      name: by === null ? TASK_MODEL_TITLES[model] : `${TASK_MODEL_TITLES[model]}, ${BY_TITLES[by]}`,
      color: modelColor(model),
      own: model === 'adapter',
      cells: metrics.map((metric) => estimateCell(figures[metric])),
    })),
  };
}
