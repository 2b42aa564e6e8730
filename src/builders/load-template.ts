import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { nearestWord, RectuneError } from '../core/errors.js';
import { cellId, meaningless } from '../core/grid.js';
import { answerVariables, promptVariables, TASKS, TemplateHead } from '../core/template.js';
import { exists, packageRoot, sha256 } from '../platform/files.js';
import { checkTemplate, noUses, type Piece, type Uses } from './check-template.js';
import { compileTemplate, type Render } from './compile.js';
import { gridTemplate, isGridName } from './grid.js';
import { packagedTemplates } from './packaged-templates.js';
import { inlinePartials } from './partials.js';
import { type Segment, segmentsOf } from './segments.js';
import { textOf } from './sheet.js';
import { openTemplateFile, parseHandlebars, type TemplateFile } from './template-file.js';

/** A template that was checked and can render. */
export interface Template {
  readonly head: TemplateHead;
  readonly hash: string; // sha256 of the file's text and its partials
  readonly shown: string; // the file as errors name it
  readonly hasInput: boolean; // whether there is text below the front matter
  readonly labels: readonly [string, string] | null; // the answer when liked, the answer when not; null: another kind of task
  readonly hasFixedLabels: boolean; // whether an answer is a label and nothing else
  readonly slots: ReadonlySet<string>; // every name that it uses, in prompt or answer
  readonly promptSlots: ReadonlySet<string>; // those that the prompt uses
  readonly answerSlots: ReadonlySet<string>; // those that the answer uses
  readonly places: ReadonlySet<string>; // of stars, isLiked, letter, number: what the prompt prints of items by their place
  readonly answerPlaces: ReadonlySet<string>; // the same of the answer
  readonly instruction: Render;
  readonly input: Render;
  readonly output: Render;
  /** Instruction and input piece by piece, by what each is made of; undefined: something of them is made of other things. */
  readonly segments: { readonly instruction: readonly Segment[]; readonly input: readonly Segment[] } | undefined;
}

/**
 * Loads and checks a template: syntax, every name that it uses, every name that it declares, helpers.
 *
 * name    "tallrec/movie" in the package's templates/, "grid/p1-i0-t3-plain-1" of the grid, or a path to a .hbs file
 * folder  the folder from which a path is seen
 * report  takes a wrong declaration instead of its being thrown, so that the next one is found, too
 * throws  RectuneError 'usage' that names file and line
 */
export function loadTemplate(name: string, folder: string, report: Report = raise): Template {
  if (isGridName(name)) return understandTemplate(gridTemplate(name), [], 'as used');
  const path = templatePath(name, folder);
  const file = openTemplateFile(path, TemplateHead);
  checkName(file, path);
  return understandTemplate(file, [dirname(path), dirname(dirname(path))], 'in the front matter', report);
}

/** Of the package's templates, the id is the path and the family the folder. */
function checkName({ head, shown, headLine }: TemplateFile<TemplateHead>, path: string): void {
  const own = join(packageRoot(), 'templates') + sep;
  if (!path.startsWith(own)) return;
  const id = relative(own, path)
    .replaceAll(sep, '/')
    .replace(/\.hbs$/, '');
  if (id !== head.id) {
    const what = `the id "${head.id}" is not the file's name`;
    throw new RectuneError('usage', what, `${shown}:${headLine('id')}`, `write id: ${id}`);
  }
  const family = dirname(id);
  if (family !== head.family) {
    const what = `the family "${head.family}" is not the file's folder`;
    throw new RectuneError('usage', what, `${shown}:${headLine('family')}`, `write family: ${family}`);
  }
}

/**
 * Checks what a template file holds and makes it ready to render.
 *
 * folders   where partials/ is looked for, before the package's own
 * declared  whether variables, fields and userFields must stand in the front matter, or are taken from the text
 */
export function understandTemplate(
  file: TemplateFile<TemplateHead>,
  folders: readonly string[],
  declared: 'in the front matter' | 'as used',
  report: Report = raise,
): Template {
  const { head, shown, headLine } = file;
  const inPrompt = noUses();
  const inAnswer = noUses();
  const partials: string[] = [];
  const fields = ['title', ...head.fields];
  const shared = { self: `template "${head.id}"`, fields, userFields: head.userFields };
  const prompt = {
    ...shared,
    owner: `task "${head.task}"`,
    variables: promptVariables(head.task),
    answers: TASKS[head.task].answer.filter((name) => !TASKS[head.task].prompt.some((offered) => offered === name)),
  };
  const inHead = (key: string) => (line: number, word: string) =>
    `${shown}:${word === '' ? headLine(key) + line - 1 : headLine(key, word)}`;
  const inBody = (line: number) => `${shown}:${file.bodyLine + line - 1}`;
  const read = (text: string, piece: Piece, uses: Uses): Rendered => {
    const inlined = inlinePartials(text, (line) => piece.where(line, ''), folders);
    partials.push(...inlined.used);
    const where =
      inlined.used.length === 0 ? piece.where : (line: number) => inlined.lines[line - 1] ?? piece.where(1, '');
    const program = parseHandlebars(inlined.text, (line) => where(line, ''));
    checkTemplate(program, { ...piece, where }, uses);
    return { render: compileTemplate(program, 'values', head.fields), segments: segmentsOf(program, head.fields) };
  };
  const body = file.body.replace(/\n$/, ''); // the last newline ends the file, not the input
  const instruction = read(head.instruction, { ...prompt, where: inHead('instruction') }, inPrompt);
  const input = read(body, { ...prompt, where: inBody }, inPrompt);
  const answer = { ...shared, owner: `the output of task "${head.task}"`, answers: [] };
  const outputPiece = { ...answer, variables: answerVariables(head.task), where: inHead('output') };
  const output = read(head.output, outputPiece, inAnswer);
  const uses = joined(inPrompt, inAnswer);
  if (declared === 'in the front matter') {
    checkDeclared(file, uses, { ...promptVariables(head.task), ...answerVariables(head.task) }, report);
  }
  checkHistory(inPrompt, `template "${head.id}"`);
  checkCell(file, uses);
  return {
    head: declared === 'as used' ? { ...head, variables: [...uses.variables.keys()] } : head,
    hash: partials.length === 0 ? file.hash : sha256(JSON.stringify([file.hash, ...partials])),
    shown,
    hasInput: body !== '',
    labels:
      TASKS[head.task].alternatives === 'label' ? labelsOf(output.render, `${shown}:${headLine('output')}`) : null,
    hasFixedLabels:
      TASKS[head.task].alternatives === 'label' && [...inAnswer.variables.keys()].every((name) => name === 'label'),
    slots: new Set(uses.variables.keys()),
    promptSlots: new Set(inPrompt.variables.keys()),
    answerSlots: new Set(inAnswer.variables.keys()),
    places: inPrompt.places,
    answerPlaces: inAnswer.places,
    instruction: instruction.render,
    input: input.render,
    output: output.render,
    segments: instruction.segments && input.segments && { instruction: instruction.segments, input: input.segments },
  };
}

/** A text of a template, ready to be put down. */
interface Rendered {
  readonly render: Render;
  readonly segments: readonly Segment[] | undefined;
}

function joined(a: Uses, b: Uses): Uses {
  return {
    variables: new Map([...b.variables, ...a.variables]),
    fields: new Map([...b.fields, ...a.fields]),
    userFields: new Map([...b.userFields, ...a.userFields]),
    places: new Set([...a.places, ...b.places]),
  };
}

/** An item of the history may be printed in one place only, or a long row could not lose it there. */
function checkHistory({ variables }: Uses, self: string): void {
  const parts = ['liked', 'disliked'].filter((name) => variables.has(name));
  const whole = variables.get('history');
  if (whole === undefined || parts.length === 0) return;
  const what = `${self} prints "history" and "${parts.join('" and "')}", and so the same items twice`;
  throw new RectuneError('usage', what, whole, 'print the whole history, or its liked and disliked items');
}

const FORM_TASKS = { T0: 'judgement', T1: 'pairwise', T2: 'matching', T3: 'ranking' } as const;

/** A template of the grid says what its cell says. */
function checkCell({ head, shown, headLine }: TemplateFile<TemplateHead>, { variables }: Uses): void {
  const { cell } = head;
  if (!cell) return;
  const uses = (...names: string[]): boolean => names.some((name) => variables.has(name));
  const fail = (what: string, fix: string): never => {
    throw new RectuneError('usage', `template "${head.id}" ${what}`, `${shown}:${headLine('cell')}`, fix);
  };
  const why = meaningless(cell);
  if (why !== undefined) fail(`stands in the cell ${cellId(cell)}, which means nothing: ${why}`, 'choose another cell');
  const asksForItem = cell.diversity === 'plain' || cell.diversity === 'cot';
  if (asksForItem && head.task !== FORM_TASKS[cell.form]) {
    fail(`has form ${cell.form} and task "${head.task}"`, `write task: ${FORM_TASKS[cell.form]}`);
  }
  const claims: readonly (readonly [string, boolean, boolean])[] = [
    ['P1 (history, liked or disliked)', cell.preference === 'P1', uses('history', 'liked', 'disliked')],
    ['P2 (preference)', cell.preference === 'P2', uses('preference')],
    ['I1 (vagueIntention)', cell.intention === 'I1', uses('vagueIntention')],
    ['I2 (specificIntention)', cell.intention === 'I2', uses('specificIntention')],
    ['chain of thought (reasoning)', cell.diversity === 'cot', uses('reasoning')],
  ];
  for (const [name, claimed, used] of claims) {
    if (claimed && !used) fail(`says ${name} and does not use it`, 'use it, or correct the cell');
    if (!claimed && used) fail(`uses ${name}, which its cell ${cellId(cell)} does not say`, 'correct the cell');
  }
}

/** Where a fault goes. */
export type Report = (error: RectuneError) => void;

function raise(error: RectuneError): never {
  throw error;
}

/** Every name used is declared, every name declared is known and used: the front matter tells what a template needs. */
function checkDeclared(
  file: TemplateFile<TemplateHead>,
  uses: Uses,
  offered: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  const { head, shown, headLine } = file;
  const fail = (what: string, key: string, word: string, fix: string): void => {
    report(new RectuneError('usage', `template "${head.id}" ${what}`, `${shown}:${headLine(key, word)}`, fix));
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
    report(new RectuneError('usage', what, where, `add ${name} to variables`));
  }
  for (const name of head.variables) {
    if (Object.hasOwn(offered, name) && !uses.variables.has(name)) {
      fail(`declares "${name}" and does not use it`, 'variables', name, `use it, or take ${name} out of variables`);
    }
  }
  for (const key of ['fields', 'userFields'] as const) {
    for (const name of head[key]) {
      if (uses[key].has(name)) continue;
      fail(`declares the field "${name}" and does not use it`, key, name, `use it, or take ${name} out of ${key}`);
    }
  }
}

/** The two answers. They must differ, or nothing could be told from them. */
function labelsOf(output: Render, where: string): readonly [string, string] {
  // The thoughts before an answer are the same for both.
  const answer = (label: boolean): string => textOf((sheet) => output({ label, reasoning: '' }, sheet));
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
  const path = join(packageRoot(), 'templates', `${name}.hbs`);
  if (exists(path)) return path;
  const known = packagedTemplates();
  const near = nearestWord(name, known);
  const fix = `${near ? `did you mean "${near}"? ` : ''}see rectune templates, or name a path that ends in .hbs`;
  throw new RectuneError('usage', `there is no template "${name}"`, 'templates/', fix);
}
