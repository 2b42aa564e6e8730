import { WrittenTexts } from '../../core/written-texts.js';
import { studioLayout } from '../../platform/studio.js';
import { type AnsweredRun, type KeptAnswers, keptAnswers, newestAnswers } from '../kept-answers.js';

/** Written texts, and the file that keeps them. */
export type KeptWriting = KeptAnswers<WrittenTexts>;

/** The newest written texts of a run; none when nobody asked for any. Throws as newestAnswers does. */
export function newestWriting(studio: string, run: AnsweredRun): KeptWriting | undefined {
  return newestAnswers(studioLayout.writings(studio, run.id), WrittenTexts, run, () => 'written').get('written');
}

/** The texts in one file; undefined where it is gone, or is none of this run any more. */
export function keptWriting(studio: string, run: AnsweredRun, file: string): KeptWriting | undefined {
  return keptAnswers(studioLayout.writing(studio, run.id, file), file, WrittenTexts, run);
}
