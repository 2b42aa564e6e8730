import { resolve } from 'node:path';
import { type NativeScoreConfig, PROTOCOL } from '../core/run-config.js';
import type { RunEvent } from '../core/run-event.js';
import { defaultThreads } from '../platform/cpu.js';
import { runNative } from '../platform/native-program.js';
import type { Execution } from './execute-run.js';
import type { Score, ScoreJournal } from './score-journal.js';

type ScoreEvent = Extract<RunEvent, { event: 'score' }>;

/** Instruction lines and the model that they are put to. */
export interface ScoredLines {
  data: string; // path of a file of instruction lines
  labels: NativeScoreConfig['labels']; // of all lines; null: each has its own
  model: string; // path of the GGUF file
  adapter: string | null; // path; null: the base model alone
  merged: string | null; // path of the two as one model, when they are served so
  maxLength: number; // tokens; 0: no limit
  sharePrefixes: boolean;
  batchSize?: number | undefined; // rows computed at once
  device: NativeScoreConfig['device'];
  precision: NativeScoreConfig['precision'];
  threads?: number | undefined;
}

/** Scores the lines that the journal does not hold yet, in the numbers that it was begun in. Throws what runNative throws. */
export async function scoreLines(asked: ScoredLines, journal: ScoreJournal, execution: Execution): Promise<void> {
  const config: NativeScoreConfig = {
    protocol: PROTOCOL,
    model: resolve(asked.model),
    adapter: asked.adapter === null ? null : resolve(asked.adapter),
    merged: asked.merged,
    data: asked.data,
    labels: asked.labels,
    maxLength: asked.maxLength,
    sharePrefixes: asked.sharePrefixes,
    batchSize: asked.batchSize ?? null,
    skip: [...journal.scores.keys()],
    device: journal.arithmetic?.device ?? asked.device,
    precision: journal.arithmetic?.precision ?? asked.precision,
    threads: asked.threads ?? defaultThreads(),
  };
  const dropped = new Map<number, number>(); // of the rows that were too long
  for await (const event of runNative('score', config, { signal: execution.signal, onStderr: execution.onStderr })) {
    if (event.event === 'truncated') dropped.set(event.row, event.droppedHistory);
    if (event.event === 'device') journal.begin({ device: event.kind, precision: event.precision });
    if (event.event === 'precision') journal.begin({ device: 'cpu', precision: event.chosen });
    if (event.event === 'score') {
      if (journal.scores.has(event.row)) throw new Error(`native scored row ${event.row} twice`);
      journal.add(scoreIn(event, dropped.get(event.row) ?? 0));
    }
    execution.onEvent?.(event);
  }
}

/** The mass of several answers is the sum of their probabilities: no two have the same tokens. */
function scoreIn({ row, logOdds, labelMass, choices }: ScoreEvent, droppedHistory: number): Score {
  if (choices !== undefined) {
    const mass = choices.reduce((sum, choice) => sum + Math.exp(choice.sum), 0);
    return { row, logOdds: null, labelMass: mass, choices, droppedHistory };
  }
  if (logOdds === undefined || labelMass === undefined) throw new Error(`native said nothing of row ${row}`);
  return { row, logOdds, labelMass, choices: null, droppedHistory };
}
