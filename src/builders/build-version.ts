import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { cellId } from '../core/grid.js';
import { type Instruction, SPLITS, type Split } from '../core/instruction.js';
import { SPLIT_LEAKS } from '../core/recipe.js';
import { sha256 } from '../platform/files.js';
import type { Store } from '../store/store.js';
import { balancedRows } from './balance.js';
import { type DatasetPlan, planDataset } from './dataset-plan.js';
import { proofLog, proofTemplates } from './leaks/proof-log.js';
import { proveNoLeak, refuseLeaks } from './leaks/prove.js';
import { withoutTwins } from './leaks/without-twins.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import { loadWrapper, type Wrapper } from './load-wrapper.js';
import { type RenderTally, renderRows } from './render-rows.js';
import { type SealedVersion, type SealOptions, sealVersion, type UnsealedVersion } from './seal-version.js';
import type { Writers } from './show-example.js';
import { makeWriters, type Teacher } from './writers.js';

/** How a build is sealed, and the model that writes what the recipe wants of one. */
export interface BuildOptions extends SealOptions {
  readonly teacher?: Teacher | undefined;
}

/**
 * Turns an imported log into a sealed dataset version: interactions, examples, instructions, checks.
 * The same recipe on the same log gives the same bytes; a version that is sealed already is used again, and progress says so.
 *
 * throws  RectuneError 'usage' for a recipe or template that does not fit, 'data' for a log that does not
 */
export async function buildVersion(store: Store, recipe: LoadedRecipe, options: BuildOptions): Promise<SealedVersion> {
  const progress = options.onProgress ?? (() => {});
  const wrapper = loadWrapper(recipe.wrapper);
  const plan = planDataset(store, recipe);
  const { source, sequences, mixture } = plan;
  progress(`${sequences.reduce((sum, { interactions }) => sum + interactions.length, 0)} interactions of ${source.id}`);
  progress(`${plan.examples} examples of ${sequences.length} users`);
  for (const { template, missing } of mixture.leftOut)
    progress(`${template} left out: the log has no ${missing.join(', no ')}`);

  const everyRow = (some: Writers): void => void rendered(plan, wrapper, some);
  const { writers, by } = await makeWriters(store, recipe, plan.log, wrapper, options.teacher, everyRow);
  const { splits: all, lists, tally, balanced } = renderedSplits(plan, wrapper, writers);
  const { splits, dropped } = withoutTwins(all, recipe.twins);
  const log = proofLog(sequences, plan.log.items, recipe.label, plan.log.roles);
  const proof = proveNoLeak(allRows(splits), proofTemplates(mixture.templates), log, {
    split: recipe.split.kind,
    dislikedCandidates: recipe.candidates?.sampler === 'disliked',
    drawnTargets: recipe.negatives !== undefined,
    twins: recipe.twins,
  });
  refuseLeaks(proof.leaks);
  const labels = sharedLabels(allRows(splits), mixture.templates);
  const rows = countByTemplate(splits);
  const facts: UnsealedVersion = {
    name: recipe.name,
    recipe: plan.recipe,
    recipeHash: sha256(JSON.stringify(plan.recipe)),
    sourceId: source.id,
    sourceHash: source.hash,
    labels,
    split: { kind: recipe.split.kind, leaks: SPLIT_LEAKS[recipe.split.kind] },
    templates: [...mixture.templates.map((template) => described(template, rows)), described(wrapper)],
    checks: {
      leftOut: plan.leftOut,
      twinPrompts: proof.twinPrompts,
      ...(dropped === 0 ? {} : { droppedTwins: dropped }),
      ...(Object.keys(tally.withoutRow).length > 0 ? { withoutRow: tally.withoutRow } : {}),
      ...(Object.keys(tally.lacked).length > 0 ? { lacked: tally.lacked } : {}),
      ...(balanced === undefined ? {} : { balanced }),
    },
    ...(Object.keys(by).length > 0 ? { texts: by } : {}),
    ...(lists.length > 0 ? { candidates: { lists: lists.length, hash: sha256(lists.join('\n')) } } : {}),
  };
  return sealVersion(store, facts, { rows: (split) => splits[split], weights: recipe.weights }, options);
}

type Splits = Readonly<Record<Split, readonly Instruction[]>>;

/** Renders every row; with balance, those that stay. */
function renderedSplits(
  plan: DatasetPlan,
  wrapper: Wrapper,
  writers: Writers,
): { splits: Splits; lists: string[]; tally: RenderTally; balanced?: number } {
  const familyOf = new Map(plan.mixture.templates.map(({ head }) => [head.id, head.family]));
  const { rows, tally } = rendered(plan, wrapper, writers);
  const rule = plan.recipe.balance;
  if (rule === undefined) return { ...shared(rows, tally), tally };
  const train = rows.filter(({ split }) => split === 'train');
  const weighed = train.map(({ userId, itemId, label, templateId }) => {
    return { userId, itemId, label, family: familyOf.get(templateId) ?? '' };
  });
  const kept = new Set(balancedRows(weighed, rule).map((place) => train[place]));
  const left = rows.filter((row) => row.split !== 'train' || kept.has(row));
  return { ...shared(left, tally), tally, balanced: rows.length - left.length };
}

/** Every row in the order of the log's users, and what came of rendering beside them. */
function rendered(plan: DatasetPlan, wrapper: Wrapper, writers: Writers): { rows: Instruction[]; tally: RenderTally } {
  const tally: RenderTally = { withoutRow: {}, lacked: {} };
  return { rows: [...renderRows(plan, wrapper, writers, tally)], tally };
}

/** Rows by split, numbered from 0, and their candidate lists, each with the line of its target, in the order of the rows. */
function shared(rows: readonly Instruction[], { withoutRow }: RenderTally): { splits: Splits; lists: string[] } {
  const splits: Record<Split, Instruction[]> = { train: [], valid: [], test: [] };
  const lists: string[] = [];
  for (const row of rows) {
    splits[row.split].push({ ...row, row: splits[row.split].length });
    if (row.candidates) lists.push(`${row.target}: ${row.candidates.join(' ')}`);
  }
  for (const split of SPLITS) {
    if (splits[split].length > 0) continue;
    const lacks = Object.entries(withoutRow).map(([lack, count]) => `${count} without ${lack}`);
    const what = `${split} would be empty: no example has what the templates ask for`;
    throw new RectuneError('data', what, lacks.join(', '), 'see rectune templates SOURCE for what the log can support');
  }
  return { splits, lists };
}

/** The two answers that all rows share; null when some row has others. */
function sharedLabels(rows: Iterable<Instruction>, templates: readonly Template[]): [string, string] | null {
  const [first] = templates;
  const labels = first?.labels;
  if (!labels || templates.some((template) => template.labels?.join('\0') !== labels.join('\0'))) return null;
  // Thoughts stand before an answer, so that no two rows have the same ones.
  for (const { choices } of rows) if (choices?.join('\0') !== labels.join('\0')) return null;
  return [...labels];
}

function described(
  { head, hash }: Template | Wrapper,
  rows?: ReadonlyMap<string, Record<Split, number>>,
): DatasetVersion['templates'][number] {
  const { id, version } = head;
  if (!('task' in head)) return { id, version, hash };
  const { task, family, cell, evaluationOnly } = head;
  const counted = rows?.get(id) ?? { train: 0, valid: 0, test: 0 };
  return { id, version, hash, task, family, ...(cell ? { cell: cellId(cell) } : {}), evaluationOnly, rows: counted };
}

function countByTemplate(splits: Splits): Map<string, Record<Split, number>> {
  const counts = new Map<string, Record<Split, number>>();
  for (const { templateId, split } of allRows(splits)) {
    const count = counts.get(templateId) ?? { train: 0, valid: 0, test: 0 };
    count[split] += 1;
    counts.set(templateId, count);
  }
  return counts;
}

function* allRows(splits: Readonly<Record<Split, readonly Instruction[]>>): Generator<Instruction, void> {
  for (const split of SPLITS) yield* splits[split];
}
