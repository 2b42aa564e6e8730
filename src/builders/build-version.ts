import type { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { cellId } from '../core/grid.js';
import { SPLITS, type Split } from '../core/instruction.js';
import type { MadeRow } from '../core/made-row.js';
import { SPLIT_LEAKS } from '../core/recipe.js';
import { sha256 } from '../platform/files.js';
import type { Store } from '../store/store.js';
import { type DatasetPlan, type PlanOptions, planDataset } from './dataset-plan.js';
import { type KeptRows, keptRows } from './kept-rows.js';
import { proofLog, proofTemplates } from './leaks/proof-log.js';
import { LeakProof, refuseLeaks } from './leaks/prove.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import { loadWrapper, type Wrapper } from './load-wrapper.js';
import { type RenderTally, renderRows } from './render-rows.js';
import { RowChoice } from './row-choice.js';
import { type SealedVersion, type SealOptions, sealVersion, type UnsealedVersion } from './seal-version.js';
import type { Writers } from './show-example.js';
import { makeWriters, type Teacher } from './writers.js';

/** How a build is sealed, and the model that writes what the recipe wants of one. */
export interface BuildOptions extends SealOptions, PlanOptions {
  readonly teacher?: Teacher | undefined;
}

/**
 * Turns an imported log into a sealed dataset version: interactions, examples, instructions, checks. Rows go user by user from the log
 * through the proof to the files and the store, so that a long log never stands in memory as text.
 * The same recipe on the same log gives the same bytes; a version that is sealed already is used again, and progress says so.
 *
 * throws  RectuneError 'usage' for a recipe or template that does not fit, 'data' for a log that does not
 */
export async function buildVersion(store: Store, recipe: LoadedRecipe, options: BuildOptions): Promise<SealedVersion> {
  const wrapper = loadWrapper(recipe.wrapper);
  const plan = planDataset(store, recipe, options);
  try {
    return await sealPlan(store, recipe, plan, wrapper, options);
  } finally {
    plan.close();
  }
}

async function sealPlan(
  store: Store,
  recipe: LoadedRecipe,
  plan: DatasetPlan,
  wrapper: Wrapper,
  options: BuildOptions,
): Promise<SealedVersion> {
  const progress = options.onProgress ?? (() => {});
  const { source, sequences, mixture } = plan;
  progress(`${sequences.size} interactions of ${source.id}`);
  progress(`${plan.examples} examples of ${sequences.users} users`);
  for (const { template, missing } of mixture.leftOut)
    progress(`${template} left out: the log has no ${missing.join(', no ')}`);

  const everyRow = (some: Writers): void => {
    for (const _ of renderRows(plan, wrapper, some, noTally()));
  };
  const { writers, by } = await makeWriters(store, recipe, plan.log, wrapper, options.teacher, everyRow);
  const choice = new RowChoice(plan.recipe, mixture.templates);
  if (choice.looksFirst) for (const row of renderRows(plan, wrapper, writers, noTally())) choice.look(row);

  const proof = new LeakProof(
    proofTemplates(mixture.templates),
    proofLog(sequences, plan.log.items, plan.recipe.label, plan.log.roles, plan.recipe.examples.targets),
    {
      split: recipe.split.kind,
      dislikedCandidates: recipe.candidates?.sampler === 'disliked',
      drawnTargets: recipe.negatives !== undefined,
      twins: recipe.twins,
    },
  );
  const tally = noTally();
  const kept = keptRows(renderRows(plan, wrapper, writers, tally), choice);
  const labels = sharedLabels(mixture.templates);
  const rows = function* (): Generator<MadeRow, void> {
    for (const row of kept.rows) {
      proof.look(row);
      if (
        labels !== null &&
        (row.choices?.length !== 2 || row.choices[0] !== labels[0] || row.choices[1] !== labels[1])
      )
        throw new Error(`row ${row.row} of ${row.split} has other answers than its template says`);
      yield row;
    }
  };
  const facts = (): Omit<UnsealedVersion, 'labels'> => {
    refuseEmptySplits(kept, tally);
    const { leaks, twinPrompts } = proof.finish();
    refuseLeaks(leaks);
    return {
      name: recipe.name,
      recipe: plan.recipe,
      recipeHash: sha256(JSON.stringify(plan.recipe)),
      sourceId: source.id,
      sourceHash: source.hash,
      split: { kind: recipe.split.kind, leaks: SPLIT_LEAKS[recipe.split.kind] },
      templates: [...mixture.templates.map((template) => described(template, kept.byTemplate)), described(wrapper)],
      checks: {
        leftOut: plan.leftOut,
        twinPrompts,
        ...(kept.twins === 0 ? {} : { droppedTwins: kept.twins }),
        ...(Object.keys(tally.withoutRow).length > 0 ? { withoutRow: tally.withoutRow } : {}),
        ...(Object.keys(tally.lacked).length > 0 ? { lacked: tally.lacked } : {}),
        ...(plan.recipe.balance === undefined ? {} : { balanced: kept.balanced }),
      },
      ...(Object.keys(by).length > 0 ? { texts: by } : {}),
      ...(kept.lists > 0 ? { candidates: { lists: kept.lists, hash: kept.listsHash() } } : {}),
    };
  };
  return sealVersion(store, { rows: rows(), labels, weights: recipe.weights, facts }, options);
}

const noTally = (): RenderTally => ({ withoutRow: {}, lacked: {} });

function refuseEmptySplits({ rendered }: KeptRows, { withoutRow }: RenderTally): void {
  for (const split of SPLITS) {
    if (rendered[split] > 0) continue;
    const lacks = Object.entries(withoutRow).map(([lack, count]) => `${count} without ${lack}`);
    const what = `${split} would be empty: no example has what the templates ask for`;
    throw new RectuneError('data', what, lacks.join(', '), 'see rectune templates SOURCE for what the log can support');
  }
}

/** The two answers that all rows share; null when some row has others. */
function sharedLabels(templates: readonly Template[]): [string, string] | null {
  const [first] = templates;
  const labels = first?.labels;
  if (!labels || templates.some((template) => template.labels?.join('\0') !== labels.join('\0'))) return null;
  // What stands before or in an answer beside the label, as thoughts do, is not the same in two rows.
  if (templates.some(({ hasFixedLabels }) => !hasFixedLabels)) return null;
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
