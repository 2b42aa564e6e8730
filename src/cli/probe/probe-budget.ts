import { instructionBytes } from '../../builders/probe/subsample.js';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { instructionLine } from '../../core/instruction.js';
import { FEWEST_IN_TIME, FEWEST_PROBED } from '../../core/probe-budget.js';
import type { Store } from '../../store/store.js';
import { type AskedModel, askLines } from '../../trainers/ask-forms.js';
import type { Execution } from '../../trainers/execute-run.js';
import { reportedSplits } from '../../trainers/predict.js';

/** What all probes together may cost. */
export interface ProbeBudget {
  readonly bytes: number; // of prompts scored
  readonly fewest: number; // rows of each, whatever they cost
  readonly words: string; // what decided it
}

/** As many bytes as the evaluation of a run scored, so that the same inputs give the same rows. */
export function budgetOfEvaluation(store: Store, runId: string, version: DatasetVersion): ProbeBudget {
  let bytes = 0;
  for (const split of reportedSplits(store, runId)) {
    for (const row of store.versions.instructions(version.hash, split)) bytes += MODELS * instructionBytes(row);
  }
  const megabytes = (bytes / 1e6).toFixed(1);
  return {
    bytes,
    fewest: FEWEST_PROBED,
    words: `all probes together score no more prompts than the evaluation did (${megabytes} MB), at least ${FEWEST_PROBED} each, or all`,
  };
}

/** What fits into so many seconds. pace: bytes of prompts a second; 0: it is not known yet */
export function budgetOfTime(seconds: number, pace: number): ProbeBudget {
  return {
    bytes: seconds * pace,
    fewest: FEWEST_IN_TIME,
    words: `those asked together take about ${seconds} s at the pace that was measured, at least ${FEWEST_IN_TIME} each, or all`,
  };
}

const MODELS = 2; // base model and adapter

const PACED = 32; // rows that the pace is measured on

/** Bytes of prompts that the base model scores in a second, measured on rows of test; 0 when none can be scored. */
export async function paceOf(
  store: Store,
  version: DatasetVersion,
  model: AskedModel,
  execution: Execution,
): Promise<number> {
  const rows = [...store.versions.instructions(version.hash, 'test', PACED)].filter(({ choices }) => choices !== null);
  if (rows.length === 0) return 0;
  let began = 0; // of scoring: reading the model and comparing it with llama.cpp are not the pace
  let ended = 0;
  const timed: Execution = {
    ...execution,
    onEvent(event) {
      if (event.event === 'score') ended = performance.now();
      else if (ended === 0) began = performance.now();
      execution.onEvent?.(event);
    },
  };
  const lines = rows.map((row) => instructionLine(row, { ownAnswers: true }));
  const { forget } = await askLines(lines, { ...model, adapter: null, merged: null }, timed);
  forget();
  const bytes = rows.reduce((sum, row) => sum + instructionBytes(row), 0);
  return bytes / Math.max(1e-3, (ended - began) / 1000);
}
