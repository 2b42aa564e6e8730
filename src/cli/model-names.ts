import { RectuneError } from '../core/errors.js';
import { FIT_MODELS, type FitModelName } from '../core/fit-search.js';
import { named } from './command.js';

/** ID models out of a list with commas, each once. Throws RectuneError 'usage', at the option, for a name that there is not. */
export function readModelNames(list: string, option: string): FitModelName[] {
  return [...new Set(list.split(','))].map((name) => {
    const known = FIT_MODELS.find((model) => model === name.trim());
    if (known) return known;
    const fix = `use names of this list, with commas: ${FIT_MODELS.join(', ')}`;
    throw new RectuneError('usage', `there is no model "${name}"`, option, fix);
  });
}

const NONE = 'none';

/** Of the commands that fit ID models beside a run. models: those that are fitted unless something else is asked for */
export function idModelsOption(models: readonly FitModelName[]) {
  const description = `models of users and items that stand beside the adapter: names with commas, or ${NONE}; ${FIT_MODELS.join(', ')}`;
  return named('LIST', description).default(models.join(','));
}

/** Throws as readModelNames does. */
export function readIdModels(list: string): FitModelName[] {
  return list.trim() === NONE ? [] : readModelNames(list, '--id-models');
}
