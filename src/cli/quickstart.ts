import { join } from 'node:path';
import { loadRecipe, recipeFolder } from '../builders/load-recipe.js';
import { loadTemplate } from '../builders/load-template.js';
import { loadWrapper } from '../builders/load-wrapper.js';
import { renderExample, type ShownExample } from '../builders/render.js';
import type { FitModelName } from '../core/fit-search.js';
import type { Instruction } from '../core/instruction.js';
import type { Interaction } from '../core/interaction.js';
import type { ProbeName } from '../core/probe.js';
import type { TrainOptions } from '../core/run-config.js';
import { auc } from '../eval/metrics/auc.js';
import { packageRoot } from '../platform/files.js';
import { chanceByPrompt, chanceByTaste } from '../sources/simulate/best-scores.js';
import { type InventedTexts, inventTexts, type TextSettings, TINY_TEXTS } from '../sources/simulate/invent-texts.js';
import { inventWorld, LIKED_ABOVE, TINY_WORLD, type World } from '../sources/simulate/world.js';
import type { Store } from '../store/store.js';
import type { Execution } from '../trainers/execute-run.js';
import { makeTinyModel, type TinyModel } from '../trainers/tiny-model/make-tiny-model.js';
import { TINY_MODEL } from '../trainers/tiny-model/settings.js';
import { type PipelineResult, runPipeline } from './pipeline.js';
import type { Stoppable } from './signals.js';

const RECIPE = 'recipes/tiny.yaml';

export interface QuickstartRequest extends Omit<Execution, 'signal'> {
  readonly stoppable: Stoppable;
  readonly threads: number;
  readonly probes: readonly ProbeName[];
  readonly program: string; // version of rectune, for the manifest
  readonly onStage: (line: string) => void;
  readonly texts?: TextSettings; // less text makes a weaker base model sooner
  readonly train?: Partial<TrainOptions>; // takes the place of what the recipe says
  readonly idModels: readonly FitModelName[]; // that are fitted to stand beside the adapter
}

/** The highest AUC on the rows of test that anyone can expect: known, because the simulator knows what it hid. */
export interface BestReachable {
  readonly byPrompt: number; // from what the prompt shows
  readonly byTaste: number; // for one who knows every user's tastes
}

export interface QuickstartResult extends PipelineResult {
  readonly model: TinyModel;
  readonly best: BestReachable;
}

/**
 * The whole pipeline on users, items and a base model that this project invents: from datasets/tiny to a report, offline.
 * What is there already is used again, so a second one in the same studio takes no time and says the same.
 */
export async function runQuickstart(store: Store, request: QuickstartRequest): Promise<QuickstartResult> {
  const { studio, threads, onStage } = request;
  const tiny = inventWorld(TINY_WORLD);
  const invented = inventTexts(request.texts ?? TINY_TEXTS, new Set(tiny.items.map(({ title }) => title)));
  const { texts } = invented;
  const log = join(packageRoot(), 'datasets', 'tiny');
  onStage(`model: a base model of its own, from ${texts.length} invented texts`);
  const wording = promptsOf(invented);
  const folder = join(studio, 'quickstart');
  const making = { ...request, folder, settings: TINY_MODEL, texts, wording, threads };
  const model = await request.stoppable((signal) => makeTinyModel({ ...making, signal }));
  onStage(`model: ${model.reused ? 'was made before' : 'made'}, ${model.path}`);
  const result = await runPipeline(() => store, {
    ...request,
    recipe: join(packageRoot(), RECIPE),
    log,
    model: model.path,
    evaluation: {}, // its recipe asks for none
    train: { ...request.train, threads },
    reportDirectory: undefined,
  });
  const test = [...store.versions.instructions(result.version.hash, 'test')];
  return {
    ...result,
    model,
    best: bestReachable(test, tiny, [...store.sources.interactions(result.version.sourceId)]),
  };
}

const PROMPTS = 50; // enough to make words of the template's words

/** Prompts of recipes/tiny.yaml about users and items that the texts tell of; for the vocabulary, not for reading. */
function promptsOf({ world }: InventedTexts): string[] {
  const recipe = loadRecipe(join(packageRoot(), RECIPE));
  const template = loadTemplate(recipe.template as string, recipeFolder(recipe));
  const wrapper = loadWrapper(recipe.wrapper);
  const items = new Map(world.items.map(({ itemId, title, genre }) => [itemId, { title, genre }]));
  const shown = world.interactions.slice(0, PROMPTS).map(({ itemId, rating }) => {
    const item = items.get(itemId) as { title: string; genre: string };
    return { item, liked: rating > LIKED_ABOVE };
  });
  return shown.map(({ item, liked }) => {
    const example: ShownExample = { history: shown.slice(0, 2), target: item, label: liked };
    const { prompt, answer } = renderExample(template, wrapper, example);
    return prompt + answer;
  });
}

/** interactions  of the log, to tell which item a line is about */
function bestReachable(
  rows: readonly Instruction[],
  world: World,
  interactions: readonly Interaction[],
): BestReachable {
  const itemOfLine = new Map(interactions.map(({ logIndex, itemId }) => [logIndex, itemId]));
  const examples = rows.map(({ userId, itemId, historyInteractions, historyLabels }) => ({
    userId,
    itemId,
    history: historyInteractions.map((line, i) => ({
      itemId: itemOfLine.get(line) as string,
      liked: historyLabels[i] === true,
    })),
  }));
  const labels = rows.map(({ label }) => label === true);
  const reached = (chances: number[]): number => {
    const value = auc(chances, labels);
    if (value === undefined) throw new Error('the test of datasets/tiny lacks a label');
    return value;
  };
  return {
    byPrompt: reached(examples.map(chanceByPrompt(world))),
    byTaste: reached(examples.map(chanceByTaste(world))),
  };
}
