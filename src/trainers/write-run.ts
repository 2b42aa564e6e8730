import { z } from 'zod';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { WriteSettings } from '../core/evaluation.js';
import type { Instruction } from '../core/instruction.js';
import { Random } from '../core/random.js';
import { GenerateOptions } from '../core/run-config.js';
import { TASKS, type TaskName } from '../core/template.js';
import { WrittenTexts } from '../core/written-texts.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { answeredOnce, drawRows, type KeptAnswer, openAskedRun, servedFiles } from './asked-run.js';
import type { Execution } from './execute-run.js';
import { servingEngine } from './serve-rows.js';
import { type WrittenText, writeTexts } from './write-texts.js';

/** What a user may set about texts that a run writes. */
export const WriteOptions = z.strictObject({
  ...WriteSettings.shape,
  threads: GenerateOptions.shape.threads,
  again: z.boolean().default(false).describe('put together a file that is there already'),
});
export type WriteOptions = z.infer<typeof WriteOptions>;

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
): Promise<KeptAnswer<WrittenTexts>> {
  const { studio } = execution;
  const { maxTokens, threads, seed, again, rows: most } = request.options;
  const asked = await openAskedRun(store, studio, request);
  const { run, version } = asked;
  const eligible = writableRows(store, version);
  const rows = drawRows(eligible, most, new Random(seed, 'written texts'));
  const facts = { ...asked.facts, seed, eligible: eligible.length, maxTokens, engine: servingEngine() };
  const kept = {
    question: { ...facts, rows: rows.map(({ row }) => row) },
    schema: WrittenTexts,
    again,
    pathOf: (id: string) => studioLayout.writing(studio, run.id, id),
  };
  return answeredOnce(kept, execution, async () => {
    const served = servedFiles(studio, asked);
    const prompts = rows.map(({ row, prompt }) => ({ system: null, prompt, id: row }));
    const options = GenerateOptions.parse({ chat: false, maxTokens, threads });
    const alone = await writeTexts(store, { prompts, ...served.base, options }, execution);
    const adapted = await writeTexts(store, { prompts, ...served.adapter, options }, execution);
    const answers = rows.map(({ row, task, answer }, i) => ({
      row,
      task,
      reference: answer,
      adapter: told(adapted[i] as WrittenText),
      base: told(alone[i] as WrittenText),
    }));
    return { result: { ...facts, frequent: mostFrequent(answeredFreely(store, version, 'train')), answers } };
  });
}

/** Rows of test that are answered by free text. Throws RectuneError 'usage' when there are none. */
export function writableRows(store: Store, version: DatasetVersion): FreeRow[] {
  const rows = answeredFreely(store, version, 'test');
  if (rows.length > 0) return rows;
  throw new RectuneError(
    'usage',
    'no row of test is answered by free text',
    `dataset version ${version.name}`,
    'use a version with such families (review-summary, explanation, ...), for example of recipes/p5-gift-cards.yaml; titles are ranked: rectune rank',
  );
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

function told({ text, tokens, end }: WrittenText): WrittenTexts['answers'][number]['adapter'] {
  return { text, tokens, end };
}
