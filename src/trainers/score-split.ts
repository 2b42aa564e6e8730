import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { InstructionLine, type Split } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { isSameArithmetic, PLAIN, type Prediction, type PredictionSet } from '../core/prediction.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { remove, sha256 } from '../platform/files.js';
import { jsonLines } from '../platform/json-lines.js';
import { withLock } from '../platform/lock.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import type { Execution } from './execute-run.js';
import { type Score, ScoreJournal } from './score-journal.js';
import { type ScoredLines, scoreLines } from './score-lines.js';
import { sealedSplit } from './sealed-split.js';
import { whenStoreIsFree } from './store-patience.js';

/** One question: what does this model, with or without this adapter, say of each row of this split? */
export interface ScoreQuestion extends Omit<ScoredLines, 'data' | 'labels'> {
  version: DatasetVersion;
  split: Split;
  runId: string | null; // the run that made the adapter
  again: boolean; // ask even if the answer is in the store
}

/** The answer: predictions in the order of the rows. */
export interface ScoreAnswer {
  set: PredictionSet;
  predictions: Prediction[];
  reused: boolean;
}

/**
 * Scores a split with native/ and keeps the answer in the store; a question that was answered before is not computed again, and
 * one whose scoring was cut short goes on where it was, to the same bits. An answer tells the device and the precision that it was computed in; a
 * question that leaves them open ("auto") takes any.
 *
 * throws RectuneError (data) when a row has no answers to score, and what runNative throws
 */
export async function scoreSplit(store: Store, question: ScoreQuestion, execution: Execution): Promise<ScoreAnswer> {
  const { version, split } = question;
  const memory = studioLayout.fileHashes(execution.studio);
  const modelHash = await rememberedSha256(question.model, memory);
  const adapterHash = question.adapter === null ? null : await rememberedSha256(question.adapter, memory);
  const { runId, maxLength } = question;
  const asked = { versionHash: version.hash, split, modelHash, adapterHash, runId, maxLength };
  const wanted = {
    device: question.device === 'auto' ? undefined : question.device,
    precision: question.precision === 'auto' ? undefined : question.precision,
  };
  const inStore = (): ScoreAnswer | undefined => {
    const set = question.again ? undefined : store.predictions.select({ ...asked, ...wanted });
    return set && { set, predictions: store.predictions.rows(set.id), reused: true };
  };
  const known = inStore();
  if (known) return known;

  const data = await sealedSplit(execution.studio, version, split);
  const lines = readScoredLines(data, version.labels);
  // What may change a bit of a score decides whether scores of before may stand beside new ones: not which rows share a batch.
  const work = sha256(JSON.stringify({ asked, wanted, program: packageVersion() }));
  const path = studioLayout.scoreJournal(execution.studio, work);
  const waiting = (pid: number) => execution.onStderr?.(`waiting for process ${pid}, which scores the same rows`);
  return withLock(`${path}.lock`, waiting, async () => {
    const made = inStore(); // by the process that was waited for
    if (made) return made;
    if (question.again) remove(path);
    const journal = new ScoreJournal(path);
    try {
      if (journal.scores.size > 0) execution.onStderr?.(`${journal.scores.size} rows of ${split} were scored before`);
      if (lines.some(({ row }) => !journal.scores.has(row))) {
        await scoreLines({ ...question, data, labels: version.labels }, journal, execution);
      }
    } finally {
      journal.close();
    }
    const scores = lines.map(({ row }) => scoreOf(row, journal.scores, data));
    const predictions = lines.map((line, i) => predictionOf(line, scores[i] as Score));
    const labelMass = scores.reduce((sum, score) => sum + score.labelMass, 0) / scores.length;
    const { arithmetic } = journal;
    if (!arithmetic) throw new Error('a journal with scores does not say what they were computed in');
    const named = isSameArithmetic(arithmetic, PLAIN) ? asked : { ...asked, ...arithmetic }; // those of before keep their names
    const id = sha256(JSON.stringify(named));
    const set: PredictionSet = { id, ...asked, ...arithmetic, labelMass };
    const save = () => store.predictions.save(set, predictions, execution.now());
    await whenStoreIsFree(store, save, (line) => execution.onStderr?.(line));
    journal.remove();
    return { set, predictions, reused: false };
  });
}

/** Reads the rows before anything long starts, and checks that each has answers to score. */
function readScoredLines(path: string, labels: DatasetVersion['labels']): InstructionLine[] {
  const lines = [...jsonLines(path)].map(({ line, value }) =>
    parseAs(InstructionLine, value, `${path}:${line}`, 'data'),
  );
  if (lines.length === 0) {
    throw new RectuneError(
      'data',
      'the split has no rows, so there is nothing to predict',
      path,
      'build a version with rows in this split',
    );
  }
  const bare = lines.find((line) => labels === null && line.labels === undefined && line.choices === undefined);
  if (bare) {
    const fix = 'build the version again: rectune build';
    throw new RectuneError('data', `row ${bare.row} has neither labels nor choices to score`, path, fix);
  }
  return lines;
}

function scoreOf(row: number, scores: ReadonlyMap<number, Score>, path: string): Score {
  const score = scores.get(row);
  if (!score) throw new Error(`native did not score row ${row} of ${path}`);
  return score;
}

function predictionOf({ row, user, item, label }: InstructionLine, score: Score): Prediction {
  const { logOdds, choices, droppedHistory } = score;
  return { row, user, item, label, logOdds, choices, droppedHistory };
}
