import { KeptRankingResult } from '../../core/judged-lists.js';
import { studioLayout } from '../../platform/studio.js';
import { type AnsweredRun, type KeptAnswers, keptAnswers, newestAnswers } from '../kept-answers.js';

/** A ranking, and the file that keeps it. */
export type KeptRanking = KeptAnswers<KeptRankingResult>;

const KINDS = ['candidates', 'catalogue', 'judgement'] as const;

/** The newest ranking of each kind: titles written of candidates, of the catalogue, and candidates that were judged. Throws as newestAnswers does. */
export function newestRankings(studio: string, run: AnsweredRun): KeptRanking[] {
  const newest = newestAnswers(studioLayout.rankings(studio, run.id), KeptRankingResult, run, (result) =>
    'by' in result ? result.by : result.set,
  );
  return KINDS.flatMap((kind) => newest.get(kind) ?? []);
}

/** The ranking in one file; undefined where it is gone, or is none of this run any more. */
export function keptRanking(studio: string, run: AnsweredRun, file: string): KeptRanking | undefined {
  return keptAnswers(studioLayout.ranking(studio, run.id, file), file, KeptRankingResult, run);
}
