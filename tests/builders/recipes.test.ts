import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadRecipe } from '../../src/builders/load-recipe.js';
import { loadWrapper } from '../../src/builders/load-wrapper.js';
import { Mixture } from '../../src/builders/mixture.js';
import { RectuneError } from '../../src/core/errors.js';
import { Recipe } from '../../src/core/recipe.js';
import { packageRoot } from '../../src/platform/files.js';

const recipes = readdirSync(join(packageRoot(), 'recipes')).filter((file) => file.endsWith('.yaml'));
const folder = mkdtempSync(join(tmpdir(), 'rectune-recipes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MOVIE = readFileSync(join(packageRoot(), 'recipes', 'tallrec-movie.yaml'), 'utf8');
function written(from = '', to = ''): string {
  if (!MOVIE.includes(from)) throw new Error(`no ${from}`);
  const path = join(folder, 'mine.yaml');
  writeFileSync(path, MOVIE.replace(from, to));
  return path;
}
function errorOf(run: () => unknown): RectuneError {
  try {
    run();
  } catch (error) {
    if (error instanceof RectuneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the recipes of the package', () => {
  it('are some', () => expect(recipes.length).toBeGreaterThanOrEqual(3));

  it.each(recipes)('%s opens with the command that runs it, is named like its file, and its template loads', (file) => {
    const text = readFileSync(join(packageRoot(), 'recipes', file), 'utf8');
    expect(text.split('\n')[0]).toMatch(new RegExp(`^# rectune run recipes/${file} --log \\S+ --model \\S+$`));
    const recipe = loadRecipe(`recipes/${file}`);
    expect(`${recipe.name}.yaml`).toBe(file);
    expect(new Mixture(recipe).templates.length).toBeGreaterThan(0);
    expect(loadWrapper(recipe.wrapper).head.id).toBe(recipe.wrapper.kind);
  });

  it.each(recipes)('%s makes every choice about the dataset itself, so that no default can change it', (file) => {
    const recipe = loadRecipe(`recipes/${file}`);
    const text = readFileSync(join(packageRoot(), 'recipes', file), 'utf8');
    const keys = (value: unknown): string[] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => [key, ...keys(inner)])
        : [];
    const { file: _file, evaluate: _asked, ...written } = recipe; // what is asked of a run afterwards makes no dataset
    for (const key of keys(written)) expect(text).toMatch(new RegExp(`\\b${key}:`));
  });
});

describe('loadRecipe', () => {
  it('finds a path, a path of the package and a name', () => {
    const path = join(packageRoot(), 'recipes', 'tallrec-movie.yaml');
    for (const name of [path, 'recipes/tallrec-movie.yaml', 'tallrec-movie']) expect(loadRecipe(name).file).toBe(path);
  });

  it('keeps what the recipe says about training, and nothing that it does not say', () => {
    expect(loadRecipe('tallrec-movie').train).toEqual({ shots: 64, seed: 1, epochs: 5, learningRate: 0.001 });
    expect(loadRecipe(written(MOVIE.slice(MOVIE.indexOf('\ntrain:')), '\n')).train).toEqual({});
  });

  it.each([
    {
      case: 'an unknown key',
      from: 'source: ml-100k',
      to: 'sorce: ml-100k',
      what: 'unknown key "sorce"',
      fix: 'did you mean "source"?',
    },
    {
      case: 'an unknown key of an example rule',
      from: 'keepLast:',
      to: 'keeplst:',
      what: 'unknown key "keeplst"',
      fix: 'did you mean "keepLast"?',
    },
    {
      case: 'a key of another kind',
      from: '  history: 10',
      to: '  history: 10\n  take: first',
      what: 'unknown key "take"',
      fix: 'use one of kind, order, history, targets, keepLast',
    },
    {
      case: 'an unknown key of the sizes',
      from: 'valid: 1000,',
      to: 'vald: 1000,',
      what: 'unknown key "vald"',
      fix: 'did you mean "valid"?',
    },
    {
      case: 'an unknown training option',
      from: 'learningRate',
      to: 'learning_rate',
      what: 'unknown key "learning_rate"',
      fix: 'did you mean "learningRate"?',
    },
    {
      case: 'an unknown kind',
      from: 'sliding-window',
      to: 'sliding-windows',
      what: '"sliding-windows" is not known here',
      fix: 'did you mean "sliding-window"?',
    },
    {
      case: 'an unknown word',
      from: 'zeroRatings: keep',
      to: 'zeroRatings: maybe',
      what: '"maybe" is not known here',
      fix: 'use one of keep, remove',
    },
    {
      case: 'swapped letters in a key',
      from: 'label:',
      to: 'lable:',
      what: 'unknown key "lable"',
      fix: 'did you mean "label"?',
    },
    { case: 'a missing key', from: 'source: ml-100k', to: '', what: '"source" is missing', fix: 'add it' },
    {
      case: 'a missing kind',
      from: 'kind: rating-above',
      to: '',
      what: '"kind" is missing',
      fix: 'use one of rating-above',
    },
    {
      case: 'a wrong type',
      from: 'history: 10',
      to: 'history: ten',
      what: '"ten" is not a number',
      fix: 'write a number',
    },
    {
      case: 'a wrong training value',
      from: 'epochs: 5',
      to: 'epochs: 0',
      what: '0 is not a number above 0',
      fix: 'write a number above 0',
    },
    {
      case: 'text that is not YAML',
      from: 'kind: rating-above',
      to: 'kind: [',
      what: 'not YAML',
      fix: 'correct this line',
    },
    {
      case: 'a key twice',
      from: 'source: ml-100k',
      to: 'source: ml-100k\nsource: ml-1m',
      what: 'not YAML',
      fix: 'correct this line',
    },
  ])('refuses $case', ({ from, to, what, fix }) => {
    const path = written(from, to);
    const error = errorOf(() => loadRecipe(path));
    expect(error.kind).toBe('usage');
    expect(error.message).toContain(what);
    expect(error.where).toContain(path);
    expect(error.fix).toContain(fix);
  });

  it('names the line of text that is not YAML', () => {
    const path = written('  threshold: 3', '  threshold: 3\n bad');
    expect(errorOf(() => loadRecipe(path)).where).toMatch(/mine\.yaml:1[2-6]$/);
  });

  it('suggests a recipe when there is none of that name', () => {
    expect(errorOf(() => loadRecipe('tallrec-movies')).fix).toContain('did you mean "tallrec-movie"?');
    expect(errorOf(() => loadRecipe('no/such.yaml')).fix).toContain('tallrec-book');
  });
});

describe('a recipe', () => {
  it('parsed again is itself', () => {
    const { file: _file, ...recipe } = loadRecipe('tallrec-book');
    expect(Recipe.parse(recipe)).toEqual(recipe);
  });
});
