import { RectuneError } from '../core/errors.js';
import type { TextWriter } from '../core/recipe.js';
import type { TextSlot } from '../core/slots.js';
import type { Store } from '../store/store.js';
import type { LoadedRecipe } from './load-recipe.js';
import type { Template } from './load-template.js';
import type { Wrapper } from './load-wrapper.js';
import type { LogKnowledge } from './log-knowledge.js';
import { modelWriters, type Teacher, type TitlesNamed } from './model-writers.js';
import type { Asked, Writers } from './show-example.js';

export type { Teacher } from './model-writers.js';

/** What the manifest tells of texts that no rule made. */
export interface WrittenBy {
  readonly teacher?: string; // sha256 of the model
  readonly imported?: Readonly<Record<string, string>>; // "item knowledge": hash over the texts
  readonly named?: TitlesNamed; // texts of the model that named a title
}

/** Slots that something else than a rule fills, as the recipe has it; review texts are needed all the same. */
export function writtenSlots({ texts }: Pick<LoadedRecipe, 'texts'>): Set<TextSlot> {
  const entries = Object.entries(texts ?? {}) as [TextSlot, TextWriter][];
  return new Set(entries.filter(([slot, by]) => by !== 'rule' && slot !== 'vagueIntention').map(([slot]) => slot));
}

/**
 * Writers for the slots that the recipe gives to a model or to imported texts.
 *
 * everyRow  renders every row with the writers that it is given, to see which texts are wanted; called when a model writes
 * throws    RectuneError 'usage' when a model is asked for and none is given, or when no texts of a name were imported
 */
export async function makeWriters(
  store: Store,
  recipe: LoadedRecipe,
  log: LogKnowledge,
  wrapper: Wrapper,
  teacher: Teacher | undefined,
  everyRow: (writers: Writers) => void,
): Promise<{ writers: Writers; by: WrittenBy }> {
  const writers: Writers = {};
  const imported: Record<string, string> = {};
  const wishing: TextSlot[] = [];
  for (const [slot, by] of Object.entries(recipe.texts ?? {}) as [TextSlot, TextWriter][]) {
    if (by === 'rule') continue;
    if (by === 'model') wishing.push(slot);
    else writers[slot] = importedWriter(store, recipe, slot, by.imported, imported);
  }
  const named: TitlesNamed = {};
  if (wishing.length > 0) {
    if (teacher === undefined) {
      const fix = 'name one with --teacher M.gguf, or let a rule write: rule';
      const what = `a model is to write ${wishing.join(', ')}, and none is given`;
      throw new RectuneError('usage', what, `${recipe.file}: texts`, fix);
    }
    Object.assign(writers, await modelWriters(wishing, { recipe, log, wrapper, teacher, everyRow }, writers, named));
  }
  return {
    writers,
    by: {
      ...(wishing.length > 0 && teacher ? { teacher: teacher.hash } : {}),
      ...(Object.keys(imported).length > 0 ? { imported } : {}),
      ...(Object.keys(named).length > 0 ? { named } : {}),
    },
  };
}

function importedWriter(
  store: Store,
  recipe: LoadedRecipe,
  slot: TextSlot,
  name: string,
  hashes: Record<string, string>,
): (asked: Asked) => string | undefined {
  const sets = (['item', 'user'] as const).map(
    (of) => [of, store.texts.read({ sourceId: recipe.source, of, name })] as const,
  );
  if (sets.every(([, set]) => set === undefined)) {
    const what = `the log "${recipe.source}" has no imported texts "${name}"`;
    const fix = `import them: rectune texts ${recipe.source} FILE --of item|user --as ${name}`;
    throw new RectuneError('usage', what, `${recipe.file}: texts.${slot}`, fix);
  }
  for (const [of, set] of sets) if (set) hashes[`${of} ${name}`] = set.hash;
  const [[, ofItems], [, ofUsers]] = sets as [(typeof sets)[number], (typeof sets)[number]];
  const isOfItem = ({ head }: Template): boolean => slot === 'knowledge' && head.task === 'item-knowledge';
  return ({ template, example }) =>
    isOfItem(template) ? ofItems?.texts.get(example.target.itemId) : ofUsers?.texts.get(example.userId);
}
