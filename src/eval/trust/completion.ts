import type { CompletedTitle } from '../../core/probe.js';
import type { ReportOptions } from '../../core/report.js';
import type { Completion } from '../../core/report-trust.js';
import { findingOf } from '../finding.js';
import { bestPlaces } from '../metrics/softmax.js';
import { counted, interval, percent } from '../numbers.js';
import { difference } from '../statistics/distribution.js';
import { meanOfRows } from '../statistics/ratio-statistic.js';
import { eachRowAlone } from '../statistics/user-index.js';
import { Resampled } from '../tasks/compare-task.js';

const SUREST = 5;

/** Whether the base model completes titles of the log better than by chance. Titles are resampled, each for itself. */
export function completionOf(titles: readonly CompletedTitle[], options: ReportOptions): Completion | null {
  if (titles.length === 0) return null;
  const rows = eachRowAlone(titles.length);
  const resampled = new Resampled(titles.length, options);
  const right = resampled.ask(meanOfRows(titles.map(rightShare), rows));
  const chances = titles.map(({ endings }) => 1 / endings.length);
  const chance = resampled.ask(meanOfRows(chances, rows));
  const above = resampled.estimate(difference(right(), chance()));
  const told = {
    titles: titles.length,
    chance: chances.reduce((sum, one) => sum + one, 0) / titles.length,
    right: resampled.estimate(right()),
    difference: above,
    finding: findingOf('higher', above),
  };
  const surest = toldTitles(titles)
    .slice(0, SUREST)
    .map(({ likeliest: _, ...title }) => title);
  return { ...told, sentence: sentenceOf(told), surest };
}

/** A title, and how far its true ending is ahead of the likeliest other one. */
export interface ToldTitle {
  readonly itemId: string;
  readonly given: string;
  readonly ending: string; // the true one
  readonly likeliest: string; // of all; the true one where it ties
  readonly lead: number; // nats a token; negative: another ending is likelier
}

/** Those first that the base model completes most surely; equal ones in their order. */
export function toldTitles(titles: readonly CompletedTitle[]): ToldTitle[] {
  return titles
    .map((title) => {
      const [ending = ''] = title.endings;
      const likeliest = title.endings[bestPlaces(perToken(title))[0] as number] as string;
      return { itemId: title.itemId, given: title.given, ending, likeliest, lead: leadOf(title) };
    })
    .sort((a, b) => b.lead - a.lead);
}

/** 1 when the true ending is the likeliest, by mean log-likelihood a token; of several that tie a share. */
function rightShare(title: CompletedTitle): number {
  const best = bestPlaces(perToken(title));
  return best.includes(0) ? 1 / best.length : 0;
}

/** How much likelier a token of the true ending is than one of the best other ending, nats. */
function leadOf(title: CompletedTitle): number {
  const [own = 0, ...others] = perToken(title);
  return own - Math.max(...others);
}

function perToken({ sums, tokens }: CompletedTitle): number[] {
  return sums.map((sum, k) => sum / (tokens[k] as number));
}

function sentenceOf({
  titles,
  right,
  chance,
  finding,
}: Pick<Completion, 'titles' | 'right' | 'chance' | 'finding'>): string {
  const { value, low, high } = right;
  const range = low === null || high === null ? interval(right) : `[${percent(low)}, ${percent(high)}]`;
  const told = `Of ${counted(titles, 'beginning')} of titles the base model completes ${percent(value ?? 0)} ${range} rightly, where chance gets ${percent(chance)}`;
  switch (finding) {
    case 'beats':
      return `${told}: it has read of this catalogue, or knows how such titles go, so a part of what it says of its items may be memory.`;
    case 'worse':
      return `${told}: nothing shows that it has read this catalogue.`;
    case 'undecided':
      return `${told}: nothing shows that it has read this catalogue.`;
    case 'not-defined':
      return `${told}: too few titles to tell.`;
  }
}
