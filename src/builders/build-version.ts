import { join } from 'node:path';
import { DatasetVersion } from '../core/dataset-version.js';
import { RectuneError } from '../core/errors.js';
import { cellId } from '../core/grid.js';
import { type Instruction, instructionLine, SPLITS, type Split } from '../core/instruction.js';
import { parseAs } from '../core/parse.js';
import { SPLIT_LEAKS } from '../core/recipe.js';
import { exists, readJson, sha256, sha256File, writeSealedFolder } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { balancedRows } from './balance.js';
import { checkInstructions, countTwinPrompts } from './checks.js';
import { type DatasetPlan, planDataset } from './dataset-plan.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import { loadWrapper, type Wrapper } from './load-wrapper.js';
import { type RenderTally, renderRows } from './render-rows.js';

export interface BuildOptions {
  readonly studio: string; // folder of the store; the version is sealed in versions/<hash>/ below it
  readonly now: () => Date;
  readonly program: string; // version of Rectune, for the manifest
  readonly onProgress?: (message: string) => void; // for people
}

/** A version, and whether it was sealed before with the same bytes. */
export type BuiltVersion = DatasetVersion & { readonly unchanged: boolean };

/**
 * Turns an imported log into a sealed dataset version: interactions, examples, instructions, checks.
 * The same recipe on the same log gives the same bytes; a version that is sealed already is used again, and progress says so.
 *
 * throws  RectuneError 'usage' for a recipe or template that does not fit, 'data' for a log that does not
 */
export async function buildVersion(store: Store, recipe: LoadedRecipe, options: BuildOptions): Promise<BuiltVersion> {
  const progress = options.onProgress ?? (() => {});
  const wrapper = loadWrapper(recipe.wrapper);
  const plan = planDataset(store, recipe);
  const { source, sequences, mixture } = plan;
  progress(`${sequences.reduce((sum, { interactions }) => sum + interactions.length, 0)} interactions of ${source.id}`);
  progress(`${plan.examples} examples of ${sequences.length} users`);

  const { splits, tally, balanced } = renderedSplits(plan, wrapper);
  checkInstructions(allRows(splits), sequences);
  const labels = sharedLabels(allRows(splits), mixture.templates);
  const files = bySplit((split) => {
    const weights = split === 'train' ? recipe.weights : undefined; // valid and test are scored, not learned from
    const lines = splits[split].map((row) => instructionLine(row, { weights, ownAnswers: labels === null }));
    return [...toJsonLines(lines)].join('');
  });
  const rows = countByTemplate(splits);
  const lists = tally.candidateLists;
  const facts = {
    name: recipe.name,
    recipe: plan.recipe,
    recipeHash: sha256(JSON.stringify(plan.recipe)),
    sourceId: source.id,
    sourceHash: source.hash,
    labels,
    split: { kind: recipe.split.kind, leaks: SPLIT_LEAKS[recipe.split.kind] },
    templates: [...mixture.templates.map((template) => described(template, rows)), described(wrapper)],
    counts: countRows(splits),
    checks: {
      leftOut: plan.leftOut,
      twinPrompts: countTwinPrompts(splits),
      ...(Object.keys(tally.withoutRow).length > 0 ? { withoutRow: tally.withoutRow } : {}),
      ...(balanced === undefined ? {} : { balanced }),
    },
    ...(lists.length > 0 ? { candidates: { lists: lists.length, hash: sha256(lists.join('\n')) } } : {}),
    files: bySplit((split) => sha256(files[split])),
    program: options.program,
  };
  const hash = versionHash(facts);
  const { unchanged, ...version } = await seal(
    studioLayout.version(options.studio, hash),
    { hash, ...facts },
    files,
    progress,
  );
  store.versions.save(version, allRows(splits), options.now());
  return { ...version, unchanged };
}

type Splits = Readonly<Record<Split, readonly Instruction[]>>;

/** Renders every row; with balance, first to see what there is, then what stays. */
function renderedSplits(
  plan: DatasetPlan,
  wrapper: Wrapper,
): { splits: Splits; tally: RenderTally; balanced?: number } {
  const familyOf = new Map(plan.mixture.templates.map(({ head }) => [head.id, head.family]));
  const all = rendered(plan, wrapper);
  const rule = plan.recipe.balance;
  if (rule === undefined) return all;
  const weighed = all.splits.train.map(({ userId, itemId, label, templateId }) => {
    return { userId, itemId, label, family: familyOf.get(templateId) ?? '' };
  });
  const kept = new Set(balancedRows(weighed, rule));
  return { ...rendered(plan, wrapper, kept), balanced: weighed.length - kept.size };
}

function rendered(
  plan: DatasetPlan,
  wrapper: Wrapper,
  kept?: ReadonlySet<number>,
): { splits: Splits; tally: RenderTally } {
  const tally: RenderTally = { withoutRow: {}, candidateLists: [] };
  const splits: Record<Split, Instruction[]> = { train: [], valid: [], test: [] };
  for (const row of renderRows(plan, wrapper, {}, tally, kept)) splits[row.split].push(row);
  for (const split of SPLITS) {
    if (splits[split].length > 0) continue;
    const lacks = Object.entries(tally.withoutRow).map(([lack, count]) => `${count} without ${lack}`);
    const what = `${split} would be empty: no example has what the templates ask for`;
    throw new RectuneError('data', what, lacks.join(', '), 'see rectune templates SOURCE for what the log can support');
  }
  return { splits, tally };
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

/** Over all that decides the rows. The source's hash is in it because rows name lines of the log. */
function versionHash(facts: Omit<DatasetVersion, 'hash'>): string {
  const { recipe, sourceId, sourceHash, templates, files } = facts;
  return sha256(JSON.stringify({ recipe, sourceId, sourceHash, templates, files }));
}

/** Writes versions/<hash>/, or makes sure that the folder which stands there is whole. */
async function seal(
  folder: string,
  version: DatasetVersion,
  files: Readonly<Record<Split, string>>,
  progress: (message: string) => void,
): Promise<BuiltVersion> {
  const named = `version ${version.name} ${version.hash.slice(0, 12)}`;
  const manifest = `${JSON.stringify(version, null, 2)}\n`;
  const lines = Object.fromEntries(SPLITS.map((split) => [studioLayout.splitFile(split), files[split]]));
  if (writeSealedFolder(folder, { [studioLayout.manifestFile]: manifest, ...lines })) {
    progress(`${named} sealed`);
    return { ...version, unchanged: false };
  }
  for (const split of SPLITS) {
    const path = join(folder, studioLayout.splitFile(split));
    if (exists(path) && (await sha256File(path)) === version.files[split]) continue;
    const fix = `remove the folder and build again`;
    throw new RectuneError('data', 'a sealed file was changed or removed', path, fix);
  }
  const path = join(folder, studioLayout.manifestFile);
  const sealed = parseAs(DatasetVersion, readJson(path), path, 'data');
  progress(`${named} is sealed already and used again`);
  return { ...sealed, unchanged: true };
}

function countRows(splits: Readonly<Record<Split, readonly Instruction[]>>): DatasetVersion['counts'] {
  return {
    ...bySplit((split) => splits[split].length),
    users: bySplit((split) => new Set(splits[split].map(({ userId }) => userId)).size),
    liked: bySplit((split) => splits[split].filter(({ label }) => label).length),
  };
}

function bySplit<T>(value: (split: Split) => T): Record<Split, T> {
  return { train: value('train'), valid: value('valid'), test: value('test') };
}

function* allRows(splits: Readonly<Record<Split, readonly Instruction[]>>): Generator<Instruction, void> {
  for (const split of SPLITS) yield* splits[split];
}
