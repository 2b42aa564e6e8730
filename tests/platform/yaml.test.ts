import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readStep, readSteps } from '../../src/builders/curate/read-steps.js';
import { loadRecipe } from '../../src/builders/load-recipe.js';
import { RectuneError } from '../../src/core/errors.js';
import { writeSealed } from '../../src/platform/files.js';
import { readYaml, yamlOfFile } from '../../src/platform/yaml.js';
import { findSpec } from '../../src/sources/find-spec.js';
import { temporaryFolder } from '../store/fixtures.js';

const errorOf = (body: () => unknown): RectuneError => {
  try {
    body();
  } catch (error) {
    if (error instanceof RectuneError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('YAML', () => {
  it.each([
    { text: 'a: 1\nb: [1', line: 2, what: 'the file is not YAML: ' },
    { text: 'a: 1\nb: 2\na: 3', line: 3, what: 'the file is not YAML: Map keys must be unique' },
    { text: 'a: *none', line: undefined, what: 'the file is not YAML: Unresolved alias' },
  ])('that is wrong is told with its line: $text', ({ text, line, what }) => {
    const error = errorOf(() => yamlOfFile(text, 'the file', 'x.yaml'));
    expect(error.message).toContain(what);
    expect(error.message).not.toContain('\n');
    expect(error).toMatchObject({
      kind: 'usage',
      where: line === undefined ? 'x.yaml' : `x.yaml:${line}`,
      fix: line === undefined ? 'correct the text' : 'correct this line',
    });
  });

  it('is read as it was written, and no text ends in anything else than a value or an error with its place', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean())), (value) => {
        expect(yamlOfFile(stringify(value), 'the file', 'x')).toEqual({ ...value });
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:-[]{}&*!|>#\n "\'%@,?') }), (text) => {
        try {
          readYaml(text, 'it', (line) => `line ${line}`);
        } catch (error) {
          expect(error).toBeInstanceOf(RectuneError);
        }
      }),
    );
  });

  it('is wrong in the same words in a recipe, a file of steps, a step and the description of a log', () => {
    const folder = temporaryFolder();
    const wrong = (name: string) => {
      writeSealed(`${folder}/${name}`, 'name: a\nname: b\n');
      return `${folder}/${name}`;
    };
    const [recipe, steps] = [wrong('recipe.yaml'), wrong('steps.yaml')];
    writeSealed(`${folder}/log/u.data`, '');
    wrong('log/source.yaml');
    const errors = [
      errorOf(() => loadRecipe(recipe)),
      errorOf(() => readSteps(steps)),
      errorOf(() => findSpec(`${folder}/log`)),
    ];
    const said = 'is not YAML: Map keys must be unique';
    expect(errors.map(({ message }) => message)).toEqual([
      `the recipe ${said}`,
      `the file of steps ${said}`,
      `the description of the log ${said}`,
    ]);
    for (const { where, fix } of errors) expect([where.split(':').at(-1), fix]).toEqual(['2', 'correct this line']);
    expect(errorOf(() => readStep('a: [')).message).toContain('the step is not YAML: ');
  });

  it('is read in one place alone', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const readers = files.filter((file) =>
      /import \{[^}]*\bparse\w*\b[^}]*\} from 'yaml'/.test(readFileSync(`src/${file}`, 'utf8')),
    );
    expect(readers).toEqual(['platform/yaml.ts']);
  });
});
