import { ProbeResult } from '../../core/probe.js';
import { studioLayout } from '../../platform/studio.js';
import { type AnsweredRun, type KeptAnswers, keptAnswers, newestAnswers } from '../kept-answers.js';

/** The answers to a probe, and the file that keeps them. */
export type KeptProbe = KeptAnswers<ProbeResult>;

/** The newest answers to each probe of a run. Throws as newestAnswers does. */
export function newestProbes(studio: string, run: AnsweredRun): KeptProbe[] {
  return [...newestAnswers(studioLayout.probes(studio, run.id), ProbeResult, run, ({ probe }) => probe).values()];
}

/** The answers in one file; undefined where it is gone, or holds none of this run any more. */
export function keptProbe(studio: string, run: AnsweredRun, file: string): KeptProbe | undefined {
  return keptAnswers(studioLayout.probe(studio, run.id, file), file, ProbeResult, run);
}
