import type { Template } from '../builders/load-template.js';
import { ProbeGround } from '../builders/probe/ground.js';
import { type JudgedListsAsked, judgedLists, judgingTemplate } from '../builders/probe/judged-candidates.js';
import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import type { JudgeSettings } from '../core/evaluation.js';
import { JudgedLists } from '../core/judged-lists.js';
import { CandidateRule } from '../core/recipe.js';
import { packageVersion } from '../platform/package-version.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { askLines } from '../trainers/ask-forms.js';
import { answeredOnce, type KeptAnswer, openAskedRun } from '../trainers/asked-run.js';
import type { Execution } from '../trainers/execute-run.js';
import type { PredictOptions } from '../trainers/predict.js';

export interface JudgeRequest extends Execution {
  readonly run: string;
  readonly model?: string | undefined; // where the base model lies now
  readonly recipe?: string | undefined; // the version's recipe, when it shows templates of one's own
  readonly settings: JudgeSettings;
  readonly computing: PredictOptions;
}

/** Of a version without lists. */
const NEGATIVES = 9;

/**
 * Asks a run's adapter and its base model about each candidate of lists alone. The result is kept in the studio, and the same question is not asked twice; one
 * that was cut short goes on where it was.
 *
 * throws RectuneError: usage (no such run, not done, no rows that can be asked), data (model, adapter or log gone or changed), and what native reports
 */
export async function judgeRun(store: Store, request: JudgeRequest): Promise<KeptAnswer<JudgedLists>> {
  const { studio, settings, computing } = request;
  const { run, version, model, adapter, merged, facts: own } = await openAskedRun(store, studio, request);
  const { template, rule, lists, eligible } = await listsToJudge(store, version, settings, request.recipe);
  const { format, ...asked } = own;
  const facts = {
    ...{ format, by: 'judgement' as const, ...asked }, // in this order: kept files are named by it, too
    template: { id: template.head.id, hash: template.hash },
    labels: template.labels as [string, string],
    drawn: rule ?? null,
    seed: settings.seed,
  };
  const { device, precision, again, ...others } = computing;
  const kept = {
    question: { ...facts, rows: lists.map(({ row }) => row), device, precision, program: packageVersion() },
    schema: JudgedLists,
    again,
    pathOf: (id: string) => studioLayout.ranking(studio, run.id, id),
  };
  return answeredOnce(kept, request, async () => {
    const { maxLength, sharePrefixes } = run.config;
    const computed = { ...others, device, precision, maxLength, sharePrefixes, model };
    const lines = lists.flatMap((list) => list.lines);
    const alone = await askLines(lines, { ...computed, adapter: null, merged: null }, request);
    const adapted = await askLines(lines, { ...computed, adapter, merged }, request);
    let at = 0;
    const answers = lists.map(({ row, candidates }) => {
      const from = at;
      at += candidates.length;
      const of = ({ scores }: typeof alone): number[] => scores.slice(from, at).map(({ logOdds }) => logOdds as number);
      return { row, candidates: [...candidates], adapter: of(adapted), base: of(alone) };
    });
    return {
      result: { ...facts, eligible, answers },
      forget() {
        for (const { forget } of [alone, adapted]) forget();
      },
    };
  });
}

/** What would be judged of a version, and how it is asked. */
export interface ListsToJudge extends JudgedListsAsked {
  readonly template: Template;
  readonly rule: CandidateRule | undefined; // how lists are drawn; undefined: they are those of the version's rows
}

/**
 * recipe  file of the version's recipe, when it shows templates of one's own
 * throws  RectuneError: usage (no rows that can be asked, no template that can ask), data (the log is gone or another one)
 */
export async function listsToJudge(
  store: Store,
  version: DatasetVersion,
  settings: JudgeSettings,
  recipe: string | undefined,
): Promise<ListsToJudge> {
  const ground = await ProbeGround.open(store, version, recipe);
  if (!(ground instanceof ProbeGround)) {
    const fix = 'import the log again, build the version again, or give its recipe by --recipe';
    throw new RectuneError('data', ground.reason, `dataset version ${version.name}`, fix);
  }
  const template = judgingTemplate(ground, settings.template);
  const rows = () => store.versions.instructions(version.hash, 'test');
  const rule = ruleOf(settings, rows());
  const { seed, rows: most } = settings;
  return { template, rule, ...judgedLists(ground, rows(), template, rule, { most, seed }) };
}

/** How lists are drawn: as asked for, else not at all where rows have lists of their own. */
function ruleOf(
  { negatives, sampler, seed }: JudgeSettings,
  rows: Iterable<{ readonly candidates: readonly string[] | null }>,
): CandidateRule | undefined {
  if (negatives === undefined) for (const { candidates } of rows) if (candidates !== null) return undefined;
  return CandidateRule.parse({ negatives: negatives ?? NEGATIVES, sampler, seed });
}
