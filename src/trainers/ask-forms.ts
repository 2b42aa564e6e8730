import type { InstructionLine } from '../core/instruction.js';
import type { VariantAnswer } from '../core/probe.js';
import type { ProbeForm } from '../core/probe-form.js';
import { rememberedSha256 } from '../platform/file-hashes.js';
import { remove, sha256, writeSealed } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { withLock } from '../platform/lock.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Execution } from './execute-run.js';
import { type Score, ScoreJournal } from './score-journal.js';
import { type ScoredLines, scoreLines } from './score-lines.js';

/** Whom forms are put to: a base model, with its adapter and without, as predictions are made. */
export type AskedModel = Omit<ScoredLines, 'data' | 'labels'>;

/** What both models say of forms, and the base model alone of other lines. */
export interface Told {
  readonly answers: VariantAnswer[]; // in the order of the forms; scores of candidates in the order of the row as it is
  readonly ofBase: readonly Score[]; // in the order of the lines
}

/**
 * Puts rows in other forms to a base model and to it with an adapter, and other lines to the base model alone. Asking that is cut short goes on where it was, to
 * the same bits, when the same is asked again.
 *
 * throws  what runNative throws
 */
export async function askForms(
  forms: readonly ProbeForm[],
  onlyBase: readonly InstructionLine[],
  model: AskedModel,
  execution: Execution,
): Promise<Told> {
  const lines = forms.map(({ line }) => line);
  const base = await askLines([...lines, ...onlyBase], { ...model, adapter: null, merged: null }, execution);
  const adapter = await askLines(lines, model, execution);
  const answers = forms.map(({ row, variant, places, line }, i) => ({
    row,
    variant,
    places: places && [...places],
    adapter: inRowOrder(line, adapter.scores[i] as Score, places),
    base: inRowOrder(line, base.scores[i] as Score, places),
  }));
  for (const { forget } of [base, adapter]) forget();
  return { answers, ofBase: base.scores.slice(lines.length) };
}

/** What was said of lines, in their order. */
export interface AskedLines {
  readonly scores: readonly Score[];
  /** Removes what was kept in case that it is cut short. */
  forget(): void;
}

/** Puts lines to one model. What came so far is kept until it is forgotten. */
export async function askLines(
  given: readonly InstructionLine[],
  model: AskedModel,
  execution: Execution,
): Promise<AskedLines> {
  if (given.length === 0) return { scores: [], forget: () => {} };
  const lines = given.map((line, row) => ({ ...line, row })); // a row may stand here in several forms
  const text = [...toJsonLines(lines)].join('');
  const memory = studioLayout.fileHashes(execution.studio);
  const { device, precision, maxLength } = model;
  const work = sha256(
    JSON.stringify({
      lines: sha256(text),
      model: await rememberedSha256(model.model, memory),
      adapter: model.adapter === null ? null : await rememberedSha256(model.adapter, memory),
      ...{ device, precision, maxLength, program: packageVersion() },
    }),
  );
  const path = studioLayout.scoreJournal(execution.studio, work);
  const data = `${path}.rows`;
  const waiting = (pid: number) => execution.onStderr?.(`waiting for process ${pid}, which scores the same rows`);
  return withLock(`${path}.lock`, waiting, async () => {
    writeSealed(data, text);
    const journal = new ScoreJournal(path);
    try {
      if (journal.scores.size > 0) execution.onStderr?.(`${journal.scores.size} rows were scored before`);
      if (journal.scores.size < lines.length) await scoreLines({ ...model, data, labels: null }, journal, execution);
    } finally {
      journal.close();
      remove(data);
    }
    const scores = lines.map(({ row }) => {
      const score = journal.scores.get(row);
      if (!score) throw new Error(`native did not score line ${row}`);
      return score;
    });
    return { scores, forget: () => journal.remove() };
  });
}

/** A row's scores, by answer as the row holds them. Of a pair of candidates the log-odds are those of the form's first one, whose other has 0. */
function inRowOrder(
  { label }: InstructionLine,
  { logOdds, choices }: Score,
  places: readonly number[] | null,
): number[] {
  if (choices === null && label !== null) return [logOdds as number];
  const shown = choices?.map(({ sum }) => sum) ?? [logOdds as number, 0];
  return places === null ? shown : places.map((place) => shown[place] as number);
}
