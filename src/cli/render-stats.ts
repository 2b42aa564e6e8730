import { type Distribution, SHARES } from '../builders/stats/distribution.js';
import type { SourceStats } from '../builders/stats/source-stats.js';
import type { Slice, VersionStats } from '../builders/stats/version-stats.js';
import type { Week } from '../builders/stats/weeks.js';
import type { Page } from './command.js';
import { barChart, sparkline } from './plot.js';
import { renderTable } from './render-table.js';

const WEEK = 7 * 86_400_000; // ms
const QUANTILE_HEAD = ['', 'smallest', '5 %', '25 %', 'middle', '75 %', '95 %', 'largest', 'mean'];

export function renderSourceStats(name: string, stats: SourceStats, page: Page): string {
  const { interactions, users, items, density, popularity, perUser, perItem, gaps, ratings, liked, weeks } = stats;
  return [
    `${name}: ${interactions} interactions of ${users} users with ${items} items, density ${percent(density)}`,
    '',
    quantileTable([
      ['interactions a user', perUser, number],
      ['interactions an item', perItem, number],
      ...(gaps === null ? [] : [['time between two of a user', gaps, time] as const]),
      ...(ratings === null ? [] : [['ratings', ratings, number] as const]),
    ]),
    ...(gaps === null
      ? []
      : [`${percent(gaps.withinSession)} of the times between two interactions of a user are under 30 minutes`]),
    '',
    `popularity: share of the interactions that the most popular items have, Gini ${popularity.gini?.toFixed(3) ?? '-'}`,
    barChart(
      popularity.top.map(({ top, share }) => ({
        cells: [`top ${Math.round(top * 100)} %`, percent(share)],
        value: share,
      })),
      page,
    ),
    ...(ratings?.counts ? ['', 'ratings', barChart(ratings.counts.map(ratingBar(ratings.count)), page)] : []),
    ...(liked
      ? [
          `liked (above ${liked.threshold}): ${liked.liked}, not liked: ${liked.disliked}, ${percent(liked.liked / (liked.liked + liked.disliked))} liked`,
        ]
      : []),
    ...(weeks.length > 0 ? ['', ...weekLines(weeks, page)] : []),
  ].join('\n');
}

function ratingBar(all: number) {
  return ({ rating, count }: { rating: number; count: number }) => ({
    cells: [String(rating), String(count), percent(count / all)],
    value: count,
  });
}

function weekLines(weeks: readonly Week[], { width }: Page): string[] {
  const [first, last] = [weeks[0] as Week, weeks.at(-1) as Week];
  const begin = Date.parse(first.week);
  const length = Math.round((Date.parse(last.week) - begin) / WEEK) + 1;
  const filled = (told: (week: Week) => number): number[] => {
    const values: number[] = Array(length).fill(0);
    for (const week of weeks) values[Math.round((Date.parse(week.week) - begin) / WEEK)] = told(week);
    return values;
  };
  const room = Math.max(8, width - 18);
  const judged = weeks.filter(({ meanRating }) => meanRating !== null);
  const mean = (some: readonly Week[]) => {
    const all = some.reduce((sum, { rated }) => sum + rated, 0);
    return (some.reduce((sum, one) => sum + (one.meanRating ?? 0) * one.rated, 0) / all).toFixed(2);
  };
  const half = Math.ceil(judged.length / 2);
  return [
    `${length} weeks from ${first.week} to ${last.week}`,
    `  interactions  ${sparkline(
      filled(({ interactions }) => interactions),
      room,
    )}`,
    `  new items     ${sparkline(
      filled(({ newItems }) => newItems),
      room,
    )}`,
    ...(judged.length > 1
      ? [
          `  mean rating ${mean(judged.slice(0, half))} in the first half of the weeks, ${mean(judged.slice(half))} in the second (--json has each week)`,
        ]
      : []),
  ];
}

export function renderVersionStats(
  name: string,
  { templates, balance, splits }: VersionStats,
  labelRule: string | undefined,
  page: Page,
): string {
  const rows = templates.map((one) => [
    one.split,
    one.task,
    one.family,
    one.slice,
    String(one.rows),
    String(one.liked),
    String(one.disliked),
  ]);
  return [
    name,
    renderTable(
      ['split', 'rows', 'users', 'targets', 'repeated targets'],
      splits.map((one) => [
        one.split,
        String(one.rows),
        String(one.users),
        String(one.items),
        percent(one.repeatedTargets),
      ]),
    ),
    '',
    quantileTable(
      splits.flatMap(({ split, characters, history }) => [
        [`characters of a prompt, ${split}`, characters, number] as const,
        [`history, ${split}`, history, number] as const,
      ]),
    ),
    '',
    renderTable(['split', 'task', 'family', 'template', 'rows', 'liked', 'not liked'], rows),
    ...(labelRule === undefined ? [] : [labelRule]),
    ...sliceLines('labels by split', balance.split, page),
    ...sliceLines('labels by family', balance.family, page),
    ...sliceLines("labels by the user's rows in train", balance.activity, page),
    ...sliceLines(
      'labels by decile of the target among those of train, the most frequent first',
      balance.popularity,
      page,
    ),
  ].join('\n');
}

/** The bar is the share of liked rows among those with a label. */
function sliceLines(title: string, slices: readonly Slice[], page: Page): string[] {
  if (slices.every(({ liked, disliked }) => liked + disliked === 0)) return [];
  const rows = slices.map(({ slice, rows: all, liked, disliked }) => {
    const labelled = liked + disliked;
    const share = labelled === 0 ? undefined : liked / labelled;
    const count = labelled === all ? `${all} rows` : `${labelled} of ${all} rows`; // lists and texts have no label
    return { cells: [slice, count, `${percent(share)} liked`], value: share ?? 0 };
  });
  return ['', title, barChart(rows, page, 1)];
}

function quantileTable(rows: readonly (readonly [string, Distribution, (value: number) => string])[]): string {
  const cells = rows.map(([title, { quantiles, mean }, written]) => [
    title,
    ...SHARES.map((_, index) => (quantiles[index] === undefined ? '-' : written(quantiles[index]))),
    mean === undefined ? '-' : written(mean),
  ]);
  return renderTable(QUANTILE_HEAD, cells);
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function time(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ] as const;
  const unit = units.find(([size]) => seconds >= size);
  return unit ? `${Number((seconds / unit[0]).toFixed(1))} ${unit[1]}` : `${Math.round(seconds)} s`;
}

function percent(share: number | undefined): string {
  return share === undefined ? '-' : `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
}
