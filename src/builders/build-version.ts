import { join } from 'node:path';
import { DatasetVersion } from '../core/dataset-version.js';
import { nearestWord, RectuneError } from '../core/errors.js';
import { type Instruction, instructionLine, SPLITS, type Split } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import { parseAs } from '../core/parse.js';
import { DatasetRecipe, SPLIT_LEAKS } from '../core/recipe.js';
import type { Source } from '../core/source.js';
import { exists, readJson, sha256, sha256File, writeSealedFolder } from '../platform/files.js';
import { toJsonLines } from '../platform/json-lines.js';
import { studioLayout } from '../platform/studio.js';
import type { Store } from '../store/store.js';
import { checkInstructions, countTwinPrompts } from './checks.js';
import { makeExamples } from './examples.js';
import { ItemTexts } from './item-texts.js';
import { type LoadedRecipe, recipeFolder } from './load-recipe.js';
import { loadTemplate } from './load-template.js';
import { loadWrapper } from './load-wrapper.js';
import { renderSplits } from './render-splits.js';
import { splitExamples } from './split.js';
import { userSequences } from './user-sequences.js';

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
  const template = loadTemplate(recipe.template, recipeFolder(recipe));
  const wrapper = loadWrapper(recipe.wrapper);
  const source = findSource(store, recipe);

  const texts = new ItemTexts(store.sources.items(source.id), template.head.fields, source.id);
  const { interactions, leftOut } = chosenInteractions(store.sources.interactions(source.id), recipe, texts);
  progress(`${interactions.length} interactions of ${source.id}`);
  const sequences = userSequences(interactions, recipe.examples.order);
  const examples = makeExamples(sequences, recipe.examples, recipe.file);
  progress(`${examples.length} examples of ${sequences.length} users`);
  const shared = splitExamples(examples, recipe.split, recipe.file);
  const splits = renderSplits(shared, recipe.label, texts, template, wrapper);
  checkInstructions(allRows(splits), sequences, template.labels);

  const files = bySplit((split) => {
    const weights = split === 'train' ? recipe.weights : undefined; // valid and test are scored, not learned from
    return [...toJsonLines(splits[split].map((row) => instructionLine(row, weights)))].join('');
  });
  const dataset = DatasetRecipe.parse(recipe);
  const facts = {
    name: recipe.name,
    recipe: dataset,
    recipeHash: sha256(JSON.stringify(dataset)),
    sourceId: source.id,
    sourceHash: source.hash,
    labels: [...template.labels] as [string, string],
    split: { kind: recipe.split.kind, leaks: SPLIT_LEAKS[recipe.split.kind] },
    templates: [template, wrapper].map(({ head, hash }) => ({ id: head.id, version: head.version, hash })),
    counts: countRows(splits),
    checks: { leftOut, twinPrompts: countTwinPrompts(splits) },
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

function findSource(store: Store, recipe: LoadedRecipe): Source {
  const source = store.sources.find(recipe.source);
  if (source) return source;
  const known = store.sources.list().map(({ id }) => id);
  const near = nearestWord(recipe.source, known);
  const have = known.length > 0 ? `; imported are ${known.join(', ')}` : '';
  const fix = near ? `did you mean "${near}"?` : `run "rectune import FOLDER" with that log first${have}`;
  throw new RectuneError('usage', `the log "${recipe.source}" is not imported`, `${recipe.file}: source`, fix);
}

/** The interactions that the recipe lets in, in log order, and how many it leaves out. */
function chosenInteractions(
  all: Iterable<Interaction>,
  recipe: DatasetRecipe,
  texts: ItemTexts,
): { interactions: Interaction[]; leftOut: { zeroRatings: number; missingTitles: number } } {
  const interactions: Interaction[] = [];
  const leftOut = { zeroRatings: 0, missingTitles: 0 };
  for (const interaction of all) {
    if (recipe.zeroRatings === 'remove' && interaction.rating === 0) leftOut.zeroRatings += 1;
    else if (recipe.missingTitles === 'skip' && !texts.has(interaction)) leftOut.missingTitles += 1;
    else interactions.push(interaction);
  }
  return { interactions, leftOut };
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
