import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { nearestWord, RectuneError } from '../core/errors.js';
import { TASKS, TemplateHead } from '../core/template.js';
import { exists, isFolder, listFolder, packageRoot } from '../platform/files.js';
import { checkTemplate, type Piece, type Uses } from './check-template.js';
import { compileTemplate, type Render } from './compile.js';
import { Marks } from './marks.js';
import { openTemplateFile, parseHandlebars, type TemplateFile } from './template-file.js';

/** A template that was checked and can render. */
export interface Template {
  readonly head: TemplateHead;
  readonly hash: string; // sha256 of the file's text
  readonly shown: string; // the file as errors name it
  readonly hasInput: boolean; // whether there is text below the front matter
  readonly labels: readonly [string, string]; // the answer when liked, the answer when not
  readonly instruction: Render;
  readonly input: Render;
}

/**
 * Loads and checks a template: syntax, every name that it uses, every name that it declares, helpers.
 *
 * name    "tallrec/movie" in the package's templates/, or a path to a .hbs file
 * folder  the folder from which a path is seen
 * throws  RectuneError 'usage' that names file and line
 */
export function loadTemplate(name: string, folder: string): Template {
  const path = templatePath(name, folder);
  const file = openTemplateFile(path, TemplateHead);
  const { head, shown, headLine } = file;
  const task = TASKS[head.task];
  const own = join(packageRoot(), 'templates') + sep;
  const expected = path.startsWith(own)
    ? relative(own, path)
        .replaceAll(sep, '/')
        .replace(/\.hbs$/, '')
    : head.id;
  if (expected !== head.id) {
    const fix = `write id: ${expected}`;
    throw new RectuneError('usage', `the id "${head.id}" is not the file's name`, `${shown}:${headLine('id')}`, fix);
  }
  const uses: Uses = { variables: new Map(), fields: new Map() };
  const shared = { self: `template "${head.id}"`, fields: ['title', ...head.fields] };
  const prompt = {
    ...shared,
    owner: `task "${head.task}"`,
    variables: task.prompt,
    answers: Object.keys(task.answer),
  };
  const inHead = (key: string) => (line: number, word: string) =>
    `${shown}:${word === '' ? headLine(key) + line - 1 : headLine(key, word)}`;
  const inBody = (line: number) => `${shown}:${file.bodyLine + line - 1}`;
  const read = (text: string, piece: Piece): Render => {
    const program = parseHandlebars(text, (line) => piece.where(line, ''));
    checkTemplate(program, piece, uses);
    return compileTemplate(program, 'values');
  };
  const body = file.body.replace(/\n$/, ''); // the last newline ends the file, not the input
  const instruction = read(head.instruction, { ...prompt, where: inHead('instruction') });
  const input = read(body, { ...prompt, where: inBody });
  const output = read(head.output, {
    ...shared,
    owner: `the output of task "${head.task}"`,
    variables: task.answer,
    answers: [],
    where: inHead('output'),
  });
  checkDeclared(file, uses, { ...task.prompt, ...task.answer });
  return {
    head,
    hash: file.hash,
    shown,
    hasInput: body !== '',
    labels: labelsOf(output, `${shown}:${headLine('output')}`),
    instruction,
    input,
  };
}

/** Every name used is declared, every name declared is known and used: the front matter tells what a template needs. */
function checkDeclared(file: TemplateFile<TemplateHead>, uses: Uses, offered: Readonly<Record<string, unknown>>): void {
  const { head, shown, headLine } = file;
  const fail = (what: string, key: string, word: string, fix: string): never => {
    throw new RectuneError('usage', `template "${head.id}" ${what}`, `${shown}:${headLine(key, word)}`, fix);
  };
  for (const name of head.variables) {
    if (Object.hasOwn(offered, name)) continue;
    const near = nearestWord(name, Object.keys(offered));
    const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${Object.keys(offered).join(', ')}`;
    fail(`declares "${name}", which task "${head.task}" does not offer`, 'variables', name, fix);
  }
  for (const [name, where] of uses.variables) {
    if (head.variables.includes(name)) continue;
    const what = `template "${head.id}" uses "${name}", which its variables do not declare`;
    throw new RectuneError('usage', what, where, `add ${name} to variables`);
  }
  for (const name of head.variables) {
    if (!uses.variables.has(name)) {
      fail(`declares "${name}" and does not use it`, 'variables', name, `use it, or take ${name} out of variables`);
    }
  }
  for (const name of head.fields) {
    if (!uses.fields.has(name)) {
      fail(`declares the field "${name}" and does not use it`, 'fields', name, `use it, or take ${name} out of fields`);
    }
  }
}

/** The two answers. They must differ, or nothing could be told from them. */
function labelsOf(output: Render, where: string): readonly [string, string] {
  const answer = (label: boolean): string => output({ label }, new Marks([]));
  const labels = [answer(true), answer(false)] as const;
  if (labels.some((label) => label.trim() === '') || labels[0] === labels[1]) {
    const what = `the answers are ${JSON.stringify(labels[0])} and ${JSON.stringify(labels[1])}: they must differ and not be empty`;
    throw new RectuneError('usage', what, where, "write output: '{{#if label}}Yes.{{else}}No.{{/if}}'");
  }
  return labels;
}

function templatePath(name: string, folder: string): string {
  if (name.endsWith('.hbs')) {
    const path = isAbsolute(name) ? name : resolve(folder, name);
    if (exists(path)) return path;
    throw new RectuneError(
      'usage',
      `there is no template "${name}"`,
      path,
      'check the path, which is seen from the recipe',
    );
  }
  const root = join(packageRoot(), 'templates');
  const path = join(root, `${name}.hbs`);
  if (exists(path)) return path;
  const known = listFolder(root)
    .filter((family) => family !== 'wrappers' && isFolder(join(root, family)))
    .flatMap((family) => listFolder(join(root, family)).map((file) => `${family}/${basename(file, '.hbs')}`));
  const near = nearestWord(name, known);
  const fix = `${near ? `did you mean "${near}"? ` : ''}use one of ${known.join(', ')}, or a path that ends in .hbs`;
  throw new RectuneError('usage', `there is no template "${name}"`, 'templates/', fix);
}
