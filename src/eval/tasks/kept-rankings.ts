import { RANKED_SETS, RankingResult } from '../../core/title-ranking.js';
import { studioLayout } from '../../platform/studio.js';
import { type AnsweredRun, type KeptAnswers, keptAnswers, newestAnswers } from '../kept-answers.js';

/** A ranking by written titles, and the file that keeps it. */
export type KeptRanking = KeptAnswers<RankingResult>;

/** The newest ranking of each set; candidates first. Throws as newestAnswers does. */
export function newestRankings(studio: string, run: AnsweredRun): KeptRanking[] {
  const newest = newestAnswers(studioLayout.rankings(studio, run.id), RankingResult, run, ({ set }) => set);
  return RANKED_SETS.flatMap((set) => newest.get(set) ?? []);
}

/** The ranking in one file; undefined where it is gone, or is none of this run any more. */
export function keptRanking(studio: string, run: AnsweredRun, file: string): KeptRanking | undefined {
  return keptAnswers(studioLayout.ranking(studio, run.id, file), file, RankingResult, run);
}
