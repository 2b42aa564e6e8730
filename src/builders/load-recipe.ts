import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { nearestWord, RectuneError } from '../core/errors.js';
import { parseAs } from '../core/parse.js';
import { Recipe } from '../core/recipe.js';
import { exists, isFolder, listFolder, packageRoot, readText } from '../platform/files.js';
import { yamlOfFile } from '../platform/yaml.js';

/** A recipe and the file that it came from: paths in it are seen from there. */
export interface LoadedRecipe extends Recipe {
  readonly file: string; // absolute
}

/**
 * Loads a recipe.
 *
 * pathOrName  a path, seen from the current folder; else a path inside the package ("recipes/tallrec-movie.yaml"), so that the
 *             documented commands work from any folder; else a name in the package's recipes/ ("tallrec-movie")
 * throws      RectuneError 'usage': no such recipe, not YAML, an unknown key (with a suggestion), a wrong value
 */
export function loadRecipe(pathOrName: string): LoadedRecipe {
  const file = findRecipe(pathOrName);
  const written = yamlOfFile(readText(file, 'usage'), 'the recipe', pathOrName);
  return { ...parseAs(Recipe, written, pathOrName), file };
}

export function findRecipe(pathOrName: string): string {
  const recipes = join(packageRoot(), 'recipes');
  const places = isAbsolute(pathOrName)
    ? [pathOrName]
    : [resolve(pathOrName), join(packageRoot(), pathOrName), join(recipes, `${pathOrName}.yaml`)];
  const found = places.find((place) => exists(place) && !isFolder(place));
  if (found) return found;
  const known = listFolder(recipes).filter((file) => file.endsWith('.yaml'));
  const names = known.map((file) => basename(file, '.yaml'));
  const near = nearestWord(basename(pathOrName, '.yaml'), names);
  const fix = `${near ? `did you mean "${near}"? ` : ''}name a file, or one of ${names.join(', ')}`;
  throw new RectuneError('usage', `there is no recipe "${pathOrName}"`, resolve(pathOrName), fix);
}

/** The folder from which a recipe's own templates are seen. */
export function recipeFolder(recipe: LoadedRecipe): string {
  return dirname(recipe.file);
}
