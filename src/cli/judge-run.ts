import { z } from 'zod';
import { ProbeGround } from '../builders/probe/ground.js';
import { judgedLists, judgingTemplate } from '../builders/probe/judged-candidates.js';
import { RectuneError } from '../core/errors.js';
import { JudgedLists } from '../core/judged-lists.js';
import { parseAs } from '../core/parse.js';
import { CandidateRule, Sampler } from '../core/recipe.js';
import { exists, readJson, sha256, writeSealed } from '../platform/files.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { askLines } from '../trainers/ask-forms.js';
import type { Execution } from '../trainers/execute-run.js';
import type { PredictOptions } from '../trainers/predict.js';
import { adapterOf, doneRun, mergedOf, modelOf } from '../trainers/run-files.js';
import { findVersion } from '../trainers/sealed-split.js';

/** What a user may set about lists that are judged. */
export const JudgeOptions = z.strictObject({
  rows: z.number().int().positive(), // most, drawn by the seed
  seed: z.number().int().nonnegative(),
  template: z.string().optional(), // that asks; without it the version's first that can
  negatives: z.number().int().positive().optional(), // drawn beside liked targets; without it the lists of the version's rows, where it has any
  sampler: Sampler,
  recipe: z.string().optional(), // the version's recipe, when it shows templates of one's own
});
export type JudgeOptions = z.infer<typeof JudgeOptions>;

export interface JudgeRequest extends Execution {
  readonly run: string;
  readonly model?: string | undefined; // where the base model lies now
  readonly options: JudgeOptions;
  readonly computing: PredictOptions;
}

/** What was said, and where it is kept. */
export interface JudgedRun {
  readonly result: JudgedLists;
  readonly path: string;
  readonly reused: boolean;
}

/** Of a version without lists. */
const NEGATIVES = 9;

/**
 * Asks a run's adapter and its base model about each candidate of lists alone. The result is kept in the studio, and the same question is not asked twice; one
 * that was cut short goes on where it was.
 *
 * throws RectuneError: usage (no such run, not done, no rows that can be asked), data (model, adapter or log gone or changed), and what native reports
 */
export async function judgeRun(store: Store, request: JudgeRequest): Promise<JudgedRun> {
  const { studio, options, computing } = request;
  const run = await doneRun(store, studio, request.run);
  const version = findVersion(store, run.versionHash);
  const model = await modelOf(store, studio, run, request.model);
  const adapter = await adapterOf(studio, run);
  const ground = await ProbeGround.open(store, version, options.recipe);
  if (!(ground instanceof ProbeGround)) {
    const fix = 'import the log again, build the version again, or give its recipe by --recipe';
    throw new RectuneError('data', ground.reason, `dataset version ${version.name}`, fix);
  }
  const template = judgingTemplate(ground, options.template);
  const rows = () => store.versions.instructions(version.hash, 'test');
  const rule = ruleOf(options, rows());
  const { lists, eligible } = judgedLists(ground, rows(), template, rule, { most: options.rows, seed: options.seed });
  const facts = {
    format: 1 as const,
    by: 'judgement' as const,
    versionHash: version.hash,
    runId: run.id,
    modelHash: run.modelHash,
    adapterHash: run.adapterHash as string,
    template: { id: template.head.id, hash: template.hash },
    labels: template.labels as [string, string],
    drawn: rule ?? null,
    seed: options.seed,
  };
  const { device, precision, again, ...others } = computing;
  const question = { ...facts, rows: lists.map(({ row }) => row), device, precision, program: packageVersion() };
  const id = sha256(JSON.stringify(question)).slice(0, 16);
  const path = studioLayout.ranking(studio, run.id, id);
  if (exists(path) && !again) return { result: readJudged(path), path, reused: true };

  const { maxLength, sharePrefixes } = run.config;
  const asked = { ...others, device, precision, maxLength, sharePrefixes, model };
  const lines = lists.flatMap((list) => list.lines);
  const alone = await askLines(lines, { ...asked, adapter: null, merged: null }, request);
  const adapted = await askLines(lines, { ...asked, adapter, merged: mergedOf(studio, run) }, request);
  let at = 0;
  const answers = lists.map(({ row, candidates }) => {
    const from = at;
    at += candidates.length;
    const of = ({ scores }: typeof alone): number[] => scores.slice(from, at).map(({ logOdds }) => logOdds as number);
    return { row, candidates: [...candidates], adapter: of(adapted), base: of(alone) };
  });
  const result: JudgedLists = { ...facts, eligible, answers };
  writeSealed(path, `${JSON.stringify(JudgedLists.parse(result))}\n`);
  for (const { forget } of [alone, adapted]) forget();
  return { result, path, reused: false };
}

/** How lists are drawn: as asked for, else not at all where rows have lists of their own. */
function ruleOf(
  { negatives, sampler, seed }: JudgeOptions,
  rows: Iterable<{ readonly candidates: readonly string[] | null }>,
): CandidateRule | undefined {
  if (negatives === undefined) for (const { candidates } of rows) if (candidates !== null) return undefined;
  return CandidateRule.parse({ negatives: negatives ?? NEGATIVES, sampler, seed });
}

function readJudged(path: string): JudgedLists {
  return parseAs(JudgedLists, readJson(path), path, 'data');
}
