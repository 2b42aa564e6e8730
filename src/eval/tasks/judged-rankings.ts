import type { JudgedLists } from '../../core/judged-lists.js';
import { popularity } from '../baselines/popularity.js';
import type { KnownInteraction } from '../baselines/train-log.js';
import { targetRank } from '../metrics/ranked-list.js';
import { likelihoodRankings, type RankedRow, type Ranking, type Rankings } from './ranked-rows.js';
import { listsOf } from './report-tasks.js';
import { metricsOf } from './task-metric.js';

/**
 * The rankings of candidates by the log-odds that each is liked, and those of the same lists by other numbers: by likelihood where the lists are those of rows
 * that are answered so, and by popularity where train is known.
 */
export function judgedRankings(
  result: JudgedLists,
  rows: readonly RankedRow[],
  train: readonly KnownInteraction[] | undefined,
): Rankings {
  const { answers, drawn, template, labels } = result;
  const listed = rows.map(({ instruction, ...predicted }, i) => ({
    ...predicted,
    instruction: { ...instruction, candidates: (answers[i] as (typeof answers)[number]).candidates },
  }));
  const lists = listsOf(listed);
  const targets = listed.map(({ instruction }) => placeOfTarget(instruction));
  const judged = (model: 'adapter' | 'base'): Ranking => ({
    model,
    by: 'judgement',
    lists: answers.map((answer, i) => targetRank(answer[model], targets[i] as number)),
  });
  const rankings = [judged('adapter'), judged('base')];
  if (drawn === null && rows.every(({ instruction }) => instruction.scored === 'likelihood')) {
    rankings.push(...likelihoodRankings(listed, targets));
  }
  if (train) {
    const popular = popularity(train);
    const scores = listed.map(({ instruction }, i) =>
      targetRank(popular(instruction.candidates), targets[i] as number),
    );
    rankings.push({ model: 'popularity', by: null, lists: scores });
  }
  return {
    set: 'candidates',
    list: lists.name,
    metrics: metricsOf('choice', lists.longest).metrics,
    rankings,
    written: null,
    judged: { template: template.id, labels, drawn },
  };
}

function placeOfTarget({ row, itemId, candidates }: { row: number; itemId: string; candidates: readonly string[] }) {
  const place = candidates.indexOf(itemId);
  if (place < 0) throw new Error(`the target of row ${row} is not among the candidates that were judged`);
  return place;
}
