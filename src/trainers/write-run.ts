import { z } from 'zod';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { Instruction } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { Random } from '../core/random.js';
import { GenerateOptions } from '../core/run-config.js';
import { TASKS, type TaskName } from '../core/template.js';
import { WrittenTexts } from '../core/written-texts.js';
import { exists, readJson, sha256, writeSealed } from '../platform/files.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import type { Execution } from './execute-run.js';
import { adapterOf, doneRun, mergedOf, modelOf } from './run-files.js';
import { findVersion } from './sealed-split.js';
import { servingEngine } from './serve-rows.js';
import { type WrittenText, writeTexts } from './write-texts.js';

/** What a user may set about texts that a run writes. */
export const WriteOptions = z.strictObject({
  rows: z.coerce.number().int().positive().default(50).describe('most rows of test, drawn by the seed'),
  maxTokens: GenerateOptions.shape.maxTokens.unwrap().default(64).describe('longest text in tokens'),
  seed: z.coerce.number().int().nonnegative().default(1).describe('draws the rows'),
  threads: GenerateOptions.shape.threads,
  again: z.boolean().default(false).describe('put together a file that is there already'),
});
export type WriteOptions = z.infer<typeof WriteOptions>;

/** What was written, and where it is kept. */
export interface WrittenRun {
  readonly result: WrittenTexts;
  readonly path: string;
  readonly reused: boolean;
}

/**
 * Lets a run's adapter and its base model write, in stock llama.cpp and always the most probable token, behind rows of test that are answered by free text. The
 * result is kept in the studio, each text in the store the moment it is there, so that the same is written once.
 *
 * throws RectuneError: usage (no such run, not done, no such rows), data (model or adapter gone or changed, a prompt that does not fit), and what native reports
 */
export async function writeRun(
  store: Store,
  request: { run: string; model?: string | undefined; options: WriteOptions },
  execution: Execution,
): Promise<WrittenRun> {
  const { studio } = execution;
  const { options } = request;
  const run = await doneRun(store, studio, request.run);
  const version = findVersion(store, run.versionHash);
  const model = await modelOf(store, studio, run, request.model);
  const adapter = await adapterOf(studio, run);
  const eligible = answeredFreely(store, version, 'test');
  if (eligible.length === 0) throw nothingToWrite(version);
  const asked = new Random(options.seed, 'written texts')
    .shuffle(eligible)
    .slice(0, options.rows)
    .sort((a, b) => a.row - b.row);
  const facts = {
    format: 1 as const,
    versionHash: version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
    seed: options.seed,
    eligible: eligible.length,
    maxTokens: options.maxTokens,
    engine: servingEngine(),
  };
  const id = sha256(JSON.stringify({ ...facts, rows: asked.map(({ row }) => row) })).slice(0, 16);
  const path = studioLayout.writing(studio, run.id, id);
  if (exists(path) && !options.again) return { result: readWritten(path), path, reused: true };

  const { maxTokens, threads } = options;
  const prompts = asked.map(({ row, prompt }) => ({ system: null, prompt, id: row }));
  const write = (from: { model: string; adapter: string | null }) =>
    writeTexts(
      store,
      { prompts, ...from, options: GenerateOptions.parse({ chat: false, maxTokens, threads }) },
      execution,
    );
  const merged = mergedOf(studio, run);
  const alone = await write({ model, adapter: null });
  const adapted = await write(merged === null ? { model, adapter } : { model: merged, adapter: null });
  const result: WrittenTexts = {
    ...facts,
    frequent: mostFrequent(answeredFreely(store, version, 'train')),
    answers: asked.map(({ row, task, answer }, i) => ({
      row,
      task,
      reference: answer,
      adapter: kept(adapted[i] as WrittenText),
      base: kept(alone[i] as WrittenText),
    })),
  };
  writeSealed(path, `${JSON.stringify(WrittenTexts.parse(result))}\n`);
  return { result, path, reused: false };
}

interface FreeRow extends Pick<Instruction, 'row' | 'prompt' | 'answer'> {
  readonly task: TaskName;
}

/** Rows without label and without choices. A title that stands for a list is one of a set, and is ranked (rank-run.ts). */
function answeredFreely(store: Store, version: DatasetVersion, split: 'train' | 'test'): FreeRow[] {
  const tasks = new Map(version.templates.map(({ id, task }) => [id, task]));
  const rows: FreeRow[] = [];
  for (const one of store.versions.instructions(version.hash, split)) {
    const task = tasks.get(one.templateId);
    if (one.label !== null || one.choices !== null || task === undefined || !Object.hasOwn(TASKS, task)) continue;
    rows.push({ row: one.row, prompt: one.prompt, answer: one.answer, task: task as TaskName });
  }
  return rows;
}

/** Of each task; the first of equally frequent ones. */
function mostFrequent(rows: readonly FreeRow[]): Partial<Record<TaskName, string>> {
  const counts = new Map<TaskName, Map<string, number>>();
  for (const { task, answer } of rows) {
    const known = counts.get(task) ?? new Map<string, number>();
    known.set(answer, (known.get(answer) ?? 0) + 1);
    counts.set(task, known);
  }
  return Object.fromEntries(
    [...counts].map(([task, known]) => [task, [...known].reduce((best, one) => (one[1] > best[1] ? one : best))[0]]),
  );
}

function kept({ text, tokens, end }: WrittenText): WrittenTexts['answers'][number]['adapter'] {
  return { text, tokens, end };
}

function readWritten(path: string): WrittenTexts {
  return parseAs(WrittenTexts, readJson(path), path, 'data');
}

function nothingToWrite({ name }: DatasetVersion): RectuneError {
  return new RectuneError(
    'usage',
    'no row of test is answered by free text',
    `dataset version ${name}`,
    'use a version with such families (review-summary, explanation, ...), for example of recipes/p5-gift-cards.yaml; titles are ranked: rectune rank',
  );
}
