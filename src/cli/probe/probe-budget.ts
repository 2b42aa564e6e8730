import { instructionBytes } from '../../builders/probe/subsample.js';
import type { DatasetVersion } from '../../core/dataset-version.js';
import { instructionLine } from '../../core/instruction.js';
import { FEWEST_PROBED } from '../../core/probe-budget.js';
import type { Store } from '../../store/store.js';
import { type AskedModel, askLines } from '../../trainers/ask-forms.js';
import type { Execution } from '../../trainers/execute-run.js';
import { reportedSplits } from '../../trainers/predict.js';

/** What all probes together may cost, in bytes of prompts scored. */
export interface ProbeBudget {
  readonly bytes: number;
  readonly words: string; // what decided it
}

/**
 * As many bytes as the evaluation of a run scored, so that the same inputs give the same rows; or what fits into so many seconds at the pace of the base
 * model, measured on rows of test.
 */
export async function probeBudget(
  store: Store,
  { runId, version, model }: { runId: string; version: DatasetVersion; model: AskedModel },
  seconds: number | undefined,
  execution: Execution,
): Promise<ProbeBudget> {
  const least = `at least ${FEWEST_PROBED} each, or all`;
  if (seconds !== undefined) {
    const bytes = seconds * (await paceOf(store, version, model, execution));
    return { bytes, words: `all probes together take about ${seconds} s at the pace that was measured, ${least}` };
  }
  let bytes = 0;
  for (const split of reportedSplits(store, runId)) {
    for (const row of store.versions.instructions(version.hash, split)) bytes += MODELS * instructionBytes(row);
  }
  const megabytes = (bytes / 1e6).toFixed(1);
  return {
    bytes,
    words: `all probes together score no more prompts than the evaluation did (${megabytes} MB), ${least}`,
  };
}

const MODELS = 2; // base model and adapter

const PACED = 32; // rows that the pace is measured on

/** Bytes of prompts in a second. */
async function paceOf(store: Store, version: DatasetVersion, model: AskedModel, execution: Execution): Promise<number> {
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
