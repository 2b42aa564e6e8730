import { join } from 'node:path';
import { RectuneError } from '../core/errors.js';
import type { WrapperRule } from '../core/recipe.js';
import { WRAPPER_VARIABLES, WrapperHead } from '../core/template.js';
import { packageRoot } from '../platform/files.js';
import { checkTemplate, noUses } from './check-template.js';
import { compileTemplate, type PutDown } from './compile.js';
import type { Sheet } from './sheet.js';
import { openTemplateFile, parseHandlebars } from './template-file.js';

/** A wrapper that was checked, with the recipe's switches set. */
export interface Wrapper {
  readonly head: WrapperHead;
  readonly hash: string; // sha256 of the file's text
  /** Puts text around two pieces. hasInput: whether the template has an input, the same for all its rows. */
  render(parts: { instruction: PutDown; input: PutDown; hasInput: boolean }, sheet: Sheet): void;
}

/** Loads and checks the wrapper that a recipe asks for, from the package's templates/wrappers/. Throws RectuneError 'usage'. */
export function loadWrapper(rule: WrapperRule): Wrapper {
  const { kind, ...switches } = rule;
  const file = openTemplateFile(join(packageRoot(), 'templates', 'wrappers', `${kind}.hbs`), WrapperHead);
  const { head, shown, body, bodyLine } = file;
  const where = (line: number): string => `${shown}:${bodyLine + line - 1}`;
  const flags = Object.fromEntries(head.switches.map((name) => [name, 'flag'] as const));
  const variables = { ...WRAPPER_VARIABLES, ...flags };
  const uses = noUses();
  const program = parseHandlebars(body, where);
  const self = `wrapper "${head.id}"`;
  const piece = { self, owner: 'a wrapper', variables, fields: [], userFields: [], answers: [], where };
  checkTemplate(program, piece, uses);
  for (const name of ['instruction', 'input', ...head.switches, ...Object.keys(switches)]) {
    if (uses.variables.has(name)) continue;
    const fix = 'use instruction, input and every switch of the kind, and no other';
    throw new RectuneError('usage', `${self} does not use "${name}"`, `${shown}:${bodyLine}`, fix);
  }
  for (const name of head.switches) {
    if (name in switches) continue;
    const fix = `take ${name} out of switches`;
    throw new RectuneError('usage', `a recipe has no switch "${name}"`, `${shown}:${file.headLine('switches')}`, fix);
  }
  const render = compileTemplate(program, 'pieces');
  // Unlike a template's, the file's last newline belongs to the text: the answer begins on the line after "### Response:".
  const context: Record<string, unknown> = { ...switches };
  return { head, hash: file.hash, render: (parts, sheet) => render(Object.assign(context, parts), sheet) };
}
