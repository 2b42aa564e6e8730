import type { ProbeName } from '../../../../core/probe.js';
import type { TrustModel } from '../../../../core/report-trust.js';

/** What a probe is, as a heading. */
export const PROBE_TITLES: Readonly<Record<ProbeName, string>> = {
  order: 'Candidates in other orders',
  wording: 'The same rows in other words',
  history: 'Without history, in another order, likes and dislikes exchanged',
  titles: 'Titles exchanged',
  completion: 'Titles that the base model completes',
  serving: 'The same rows by stock llama.cpp',
};

export const MODEL_NAMES: Readonly<Record<TrustModel, string>> = { adapter: 'adapter', base: 'base model' };
